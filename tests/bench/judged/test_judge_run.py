"""How a judge is asked: at temperature 0, once more where it cannot be read, never again after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from burnish.cli import main
from faulty_server import Answer, said
from judge_server import answers_file, bench, judgements, judging, numbers
from patience import HANG_S

A, B = {"q1": "red", "q2": "blue"}, {"q1": "reddish", "q2": "blue"}


@pytest.fixture
def both(tmp_path: Path) -> list[object]:
    return ["--answers", answers_file(tmp_path / "a.jsonl", A), answers_file(tmp_path / "b.jsonl", B)]


def test_a_reply_that_cannot_be_read_is_asked_for_once_more_then_counted(
    tmp_path: Path, both: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of four judgements one is read at once, one at the second try, and two not at all."""
    replies = iter(["Verdict: first", "Hm.", "", "Which?", "Verdict: first", "I cannot say.", "Which then?"])
    with judging(lambda _: next(replies)) as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", *both) == 0
    found = numbers(tmp_path / "run")["judging"]
    assert [found[name] for name in ("n", "at_once", "again", "unread", "refused")] == [4, 1, 1, 2, 0]
    assert found["parse_rate"] == pytest.approx(2 / 4)
    assert [one.said for one in judgements(tmp_path / "run")] == [
        ("Verdict: first",),
        ("Hm.", "Verdict: first"),
        ("", "I cannot say."),
        ("Which?", "Which then?"),
    ]
    (pair,) = numbers(tmp_path / "run")["pairs"]
    assert (pair["n"], pair["ties"], pair["contradictions"], pair["left_out"]) == (1, 1, 1, 1)
    assert [body["temperature"] for body in judge.bodies] == [0.0] * 7
    assert judge.asked[4].startswith(judge.asked[1])  # the question stands again …
    assert "An earlier reply to this named no verdict" in judge.asked[4].removeprefix(judge.asked[1])  # … and why
    shown = capsys.readouterr().out
    assert "Read: 2 of 4 replies" in " ".join(shown.split())
    assert max(map(len, shown.partition("Written:")[0].splitlines())) <= 80


def test_both_orders_are_asked(tmp_path: Path, both: list[object]) -> None:
    with judging(lambda _: "Verdict: tie") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", *both) == 0
    assert [(one.asked["first"], one.asked["second"]) for one in judgements(tmp_path / "run")] == [
        ("red", "reddish"),
        ("reddish", "red"),
        ("blue", "blue"),
        ("blue", "blue"),
    ]
    assert "[First answer]\nred\n\n[Second answer]\nreddish" in judge.asked[0]
    assert numbers(tmp_path / "run")["bias"]["tie"] == 4


def test_a_refused_question_is_counted_and_costs_no_other(tmp_path: Path, both: list[object]) -> None:
    def says(text: str) -> str | Answer:
        return Answer(said("that is too long"), status=400) if "reddish" in text else "Verdict: tie"

    with judging(says) as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", *both) == 0
    found = numbers(tmp_path / "run")["judging"]
    assert [found[name] for name in ("n", "at_once", "unread", "refused")] == [4, 2, 0, 2]
    assert len(judge.bodies) == 4  # nobody is asked again what was refused
    assert "too long" in judgements(tmp_path / "run")[0].refused


def test_a_late_reply_holds_up_no_other(tmp_path: Path) -> None:
    """The 251st of 300 judgements comes last: all others are asked for while it is open."""
    texts = {f"q{number}": f"answer {number}" for number in range(150)}
    files = [answers_file(tmp_path / f"{name}.jsonl", texts) for name in ("a", "b")]
    others, lock, late = threading.Semaphore(0), threading.Lock(), iter([True])

    def says(text: str) -> str:
        with lock:
            others.release()
            waits = "answer 125\n" in text and next(late, False)  # in one of both orders
        if waits:
            assert all(others.acquire(timeout=HANG_S) for _ in range(299))
        return "Verdict: tie"

    with judging(says) as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", "--answers", *files, "--concurrency", 16) == 0
    assert [one.id for one in judgements(tmp_path / "run")] == [key for key in texts for _ in range(2)]
    assert numbers(tmp_path / "run")["judging"]["at_once"] == 300


def test_a_finished_run_is_scored_anew_without_the_judge(tmp_path: Path, both: list[object]) -> None:
    with judging(lambda _: "Verdict: first") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", *both) == 0
        before, asked = numbers(tmp_path / "run"), len(judge.bodies)
        assert bench("pairwise", judge.flag, tmp_path / "run", *both, "--tokenizer", "pocket") == 0
        assert len(judge.bodies) == asked
    after = numbers(tmp_path / "run")
    assert (after["pairs"], after["tokens"]) == (before["pairs"], "tokens of pocket")
    assert main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "report")]) == 0
    assert "Judge: http" in (tmp_path / "report" / "tables.md").read_text()


def test_a_kill_costs_no_reply_and_asks_no_judge_twice(tmp_path: Path) -> None:
    """The judge is killed for good at its 5th reply, kill -9, and goes on; every question is asked exactly twice.

    All first replies are unreadable, so that the second ones are under way at some kill too.
    """
    texts = [{f"q{number}": f"{whose} answer" for number in range(4)} for whose in ("my", "your")]
    files = [answers_file(tmp_path / f"{i}.jsonl", of_one) for i, of_one in enumerate(texts)]
    answers = ["--answers", *files]
    good: list[str] = []
    kill: list[subprocess.Popen[bytes]] = []

    def says(text: str) -> str:
        if len(good) in (5, 12) and kill:
            kill.pop().send_signal(signal.SIGKILL)
        good.append(text)
        return "Verdict: tie" if "An earlier reply" in text else "Hm."

    with judging(says) as judge:
        words = ["--judge", judge.flag, "--out", tmp_path / "run", "--concurrency", "1", *answers]
        command = [sys.executable, "-m", "burnish", "bench", "judged", "pairwise", *map(str, words)]
        codes = []
        for _ in range(3):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            kill.append(process)
            codes.append(process.wait())
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert len({*good}) == 16
    assert len(good) <= 16 + 2  # at each kill at most the one call that was open, whose reply nobody heard
    assert numbers(tmp_path / "run")["judging"]["again"] == 8
    undisturbed = tmp_path / "whole"
    with judging(lambda text: "Verdict: tie" if "An earlier reply" in text else "Hm.") as judge:
        assert bench("pairwise", judge.flag, undisturbed, *answers) == 0
    assert judgements(undisturbed) == judgements(tmp_path / "run")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--judge-prompt", "judge-mmvet"], "judge-mmvet is a prompt for judging mmvet, not pairwise"),
        (["--judge-adapter", "mine"], "let the server load mine"),
        (["--judge-prompt", "nowhere.yaml"], "There is no prompt nowhere.yaml"),
    ],
)
def test_flags_that_cannot_be(
    tmp_path: Path, both: list[object], capsys: pytest.CaptureFixture[str], flags: list[str], sentence: str
) -> None:
    assert bench("pairwise", "http://127.0.0.1:9/v1#m", tmp_path / "run", *both, *flags) == 2
    assert sentence in capsys.readouterr().err


def test_other_answers_are_another_run(tmp_path: Path, both: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    with judging(lambda _: "Verdict: tie") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", *both) == 0
        answers_file(tmp_path / "b.jsonl", B | {"q2": "green"})
        assert bench("pairwise", judge.flag, tmp_path / "run", *both) == 2
    assert "the fingerprint of the questions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("texts", "more", "sentence"),
    [
        ({"q9": "x"}, {}, "answer no question in common"),
        ({"q1": "x"}, {"question": "else?"}, "answer different questions as q1"),
        ({}, {}, "b.jsonl holds no answer"),
    ],
)
def test_answers_that_cannot_be_compared(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    texts: dict[str, str],
    more: dict[str, str],
    sentence: str,
) -> None:
    answers = [answers_file(tmp_path / "a.jsonl", A), answers_file(tmp_path / "b.jsonl", texts, **more)]
    assert bench("pairwise", "http://127.0.0.1:9/v1#m", tmp_path / "run", "--answers", *answers) == 2
    assert sentence in capsys.readouterr().err


def test_models_are_named_by_as_much_of_their_path_as_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / place / "x" / "answers.jsonl" for place in ("one", "two")]
    for file in files:
        file.parent.mkdir(parents=True)
        answers_file(file, A)
    with judging(lambda _: "Verdict: tie") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", "--answers", *files) == 0
    (pair,) = numbers(tmp_path / "run")["pairs"]
    assert (pair["a"], pair["b"]) == ("one/x/answers.jsonl", "two/x/answers.jsonl")
    twice = [files[0], files[0].parent / ".." / "x" / "answers.jsonl"]
    assert bench("pairwise", "http://127.0.0.1:9/v1#m", tmp_path / "other", "--answers", *twice) == 2
    assert "is named twice: answers cannot be compared with themselves" in capsys.readouterr().err
