"""Progress lines carry counts, rate and time left, and are plain where there is no terminal."""

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from burnish import progress as progress_module
from burnish.progress import Progress, keep_bars_out_of_files, tracked


def test_a_line_has_counts_rate_and_time_left() -> None:
    progress = Progress("pairs", 200, stream=io.StringIO())
    progress.advance(50, "loss 0.7")
    # 50 in 10 s is 5 per second; the other 150 take 30 s.
    assert progress.line(10.0) == "pairs: 50 of 200 examples (25 %), 5.0 per second, 0:30 left, loss 0.7"


def test_the_rate_counts_only_what_this_session_did() -> None:
    progress = Progress("pairs", 4_000, done=1_000, stream=io.StringIO())
    progress.advance(100)
    # 100 in 4 s is 25 per second; the other 2,900 take 116 s. The 1,000 from before do not speed it up.
    assert progress.line(4.0) == "pairs: 1,100 of 4,000 examples (28 %), 25.0 per second, 1:56 left"


def test_an_unknown_total_has_no_time_left() -> None:
    progress = Progress("reading", unit="lines", stream=io.StringIO())
    progress.advance(7)
    assert progress.line(2.0) == "reading: 7 lines, 3.5 per second"


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


def test_a_slow_rate_is_told_in_minutes_and_hours() -> None:
    progress = Progress("compose", 100, stream=io.StringIO())
    progress.advance(2)
    assert progress.line(40.0) == "compose: 2 of 100 examples (2 %), 3.0 per minute, 32:40 left"
    assert progress.line(1800.0) == "compose: 2 of 100 examples (2 %), 4.0 per hour, 24:30:00 left"
    assert (
        Progress("compose", 100, stream=io.StringIO()).line(9.0) == "compose: 0 of 100 examples (0 %), 0.0 per second"
    )


def test_what_is_soon_over_is_not_told_of(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(tracked(range(5), "look", 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""
    clock = iter(range(0, 100, 3))
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: next(clock))
    assert list(tracked(range(5), "look", 5, unit="records")) == [0, 1, 2, 3, 4]
    # begun at 0 s; the records are done at 3, 6, 9, 12 and 15 s, and it ends at 18 s
    assert capsys.readouterr().err.splitlines() == [
        "look: 4 of 5 records (80 %), 20.0 per minute, 0:03 left",
        "look: 5 of 5 records (100 %), 16.7 per minute, 0:00 left",
    ]


def test_a_terminal_has_one_line_no_wider_than_it_is() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        with Progress("pairs", 2, stream=terminal) as progress:
            progress.advance(2, "a note that is far too long for this terminal")
        written = os.read(master, 10_000).decode()
    os.close(master)
    assert written.count("\r\x1b[2K") == 1
    assert len(written.removeprefix("\r\x1b[2K").rstrip("\r\n")) == 39


@pytest.mark.parametrize("given", [None, "0"])
def test_libraries_draw_no_bars_into_files_unless_asked_to(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS")
    for name in names:
        monkeypatch.delenv(name, raising=False)
        if given is not None:
            monkeypatch.setenv(name, given)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    keep_bars_out_of_files()
    assert [os.environ[name] for name in names] == 2 * [given or "1"]
