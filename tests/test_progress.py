"""Progress lines carry counts, rate and time left, and are plain where there is no terminal."""

import io

from burnish.progress import Progress


def test_a_line_has_counts_rate_and_time_left() -> None:
    progress = Progress("pairs", 200, stream=io.StringIO())
    progress.advance(50, "loss 0.7")
    # 50 in 10 s is 5 a second; the other 150 take 30 s.
    assert progress.line(10.0) == "pairs: 50 of 200 examples (25 %), 5.0 a second, 0:30 left, loss 0.7"


def test_the_rate_counts_only_what_this_session_did() -> None:
    progress = Progress("pairs", 4_000, done=1_000, stream=io.StringIO())
    progress.advance(100)
    # 100 in 4 s is 25 a second; the other 2,900 take 116 s. The 1,000 from before do not speed it up.
    assert progress.line(4.0) == "pairs: 1,100 of 4,000 examples (28 %), 25.0 a second, 1:56 left"


def test_an_unknown_total_has_no_time_left() -> None:
    progress = Progress("reading", unit="lines", stream=io.StringIO())
    progress.advance(7)
    assert progress.line(2.0) == "reading: 7 lines, 3.5 a second"


def test_no_terminal_gets_whole_lines_without_control_codes() -> None:
    stream = io.StringIO()
    with Progress("pairs", 2, stream=stream, every_s=0.0) as progress:
        progress.advance()
        progress.advance()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2  # the last count is not written twice
    assert lines[-1].startswith("pairs: 2 of 2 examples (100 %)")
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
