"""`burnish compare` on answers to questions that nobody labelled, and the release gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from builders import begin, write_run
from burnish.bench.aggregate import score_answers
from burnish.cli import main
from burnish.records import Dropped, Judgement, Prediction, PreferencePair
from burnish.store import Run
from burnish.store.codec import to_json
from compared import compared, not_compared, score_of
from compared_runs import Config, answers_run

QUESTIONS = 40
LOOP = "a red cup on a red cup on a red cup on a red cup"


@dataclass(frozen=True, kw_only=True)
class _Judging:
    """A flag of `burnish bench judged pairwise`."""

    answers: tuple[str, ...]


def _run(folder: Path, say: Callable[[int], str]) -> Path:
    """Answers to open questions, each about a picture of its own."""
    config = Config(source="folder:photos")
    asked = Prediction(id="", image="", question="What is this?", answer="", text="", source="photos")
    return write_run(
        folder,
        (replace(asked, id=f"q{number:02}", text=say(number)) for number in range(QUESTIONS)),
        kind="answers",
        config=config,
        summary=lambda run: to_json(score_answers(run)),
    ).path


def _changed(number: int) -> str:
    """A quarter of the answers say something else, and white space is nothing."""
    return f"a blue cup <{number}>" if number % 4 == 0 else f" a red cup  {number}\n"


def _gate(capsys: pytest.CaptureFixture[str], before: Path, after: Path, *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["compare", str(before), str(after), *words])
    return code, " ".join(capsys.readouterr().out.split())


def test_answers_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _run(tmp_path / "before", lambda number: f"a red cup {number}")
    numbers = compared(before, _run(tmp_path / "after", _changed))
    assert (numbers["changed"]["value"], numbers["changed"]["n"]) == (10 / 40, 40)
    assert numbers["flips"] == [] and len(numbers["reworded"]) == 10
    assert {one["id"] for one in numbers["reworded"]} == {f"q{number:02}" for number in range(0, 40, 4)}
    assert {one["outcome"] for one in numbers["reworded"]} == {"changed"}
    assert all(Path(one["picture"]).is_file() for one in numbers["reworded"])
    assert (numbers["headline"]["metric"], numbers["verdict"]) == ("words", "undecided")
    told = " ".join(capsys.readouterr().out.split())
    assert "10 of 40 answers changed (25.0 %, 95 % interval 1" in told and "No question has a ground truth" in told
    page = (tmp_path / "before-after" / "index.html").read_text()
    assert page.count("data:image/png") == 10
    assert "<mark>blue</mark>" in page and "<mark>red</mark>" in page and "&lt;" in page


def test_length_and_repetition_have_intervals(tmp_path: Path) -> None:
    before = _run(tmp_path / "before", lambda number: "one two three four five")
    numbers = compared(
        before, _run(tmp_path / "after", lambda number: LOOP if number % 2 else "one two three four five")
    )
    words, repetition = (score_of(numbers, name) for name in ("words", "repetition"))
    assert words["difference"]["value"] == (15 - 5) / 2
    assert words["difference"]["low"] > 0 and words["verdict"] == "higher"
    # LOOP without articles is "red cup on red cup on red cup on red cup": 8 phrases of four words, 3 of them different
    assert repetition["after"]["value"] == pytest.approx(20 * 5 / (20 * 8 + 20 * 2))
    assert repetition["verdict"] == "worse"


def test_a_gate_decides_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few, many = answers_run(tmp_path / "few", range(9)), answers_run(tmp_path / "many", range(40))
    code, told = _gate(capsys, few, many, "--fail-if", "worse")
    assert code == 3
    assert "Release gate (--fail-if worse): failed. On accuracy, the second result is worse." in told
    assert "Release gate (--fail-if worse): failed" in (many / "compared" / "index.html").read_text()
    assert _gate(capsys, many, few, "--fail-if", "worse")[0] == 0
    assert _gate(capsys, many, few, "--fail-if", "not-better")[0] == 0
    assert _gate(capsys, few, many)[0] == 0
    same = answers_run(tmp_path / "same", range(1, 10))
    assert _gate(capsys, few, same, "--fail-if", "worse")[0] == 0
    code, told = _gate(capsys, few, same, "--fail-if", "not-better")
    assert (code, "On accuracy, nothing is decided." in told) == (3, True)


def test_a_gate_on_a_named_metric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _run(tmp_path / "before", lambda number: "one two three four five")
    after = _run(tmp_path / "after", lambda number: LOOP)
    code, told = _gate(capsys, before, after, "--fail-if", "worse")  # nothing to judge by
    assert code == 0 and "On words, the second result is higher, which is neither better nor worse." in told
    assert _gate(capsys, before, after, "--fail-if", "worse", "--on", "repetition")[0] == 3
    assert _gate(capsys, after, before, "--fail-if", "not-better", "--on", "repetition")[0] == 0
    assert main(["compare", str(before), str(after), "--on", "beauty"]) == 2
    assert "--on beauty is not a number of both results: choose one of words" in capsys.readouterr().err


def _judged(before: Path, after: Path, texts: Callable[[int], tuple[str, str]], out: Path) -> Path:
    """A judge's run on the two: after wins every fourth question in both orders, and the judge goes by the order
    elsewhere."""
    config = _Judging(answers=(str(before), str(after)))
    pictures = {one.id: one.image for one in Run.open(before).records(Prediction)}
    with begin(out, "judged pairwise", config) as run:
        for number in range(QUESTIONS):
            old, new = texts(number)
            won = number % 4 == 0
            orders = (("before", old, "after", new), ("after", new, "before", old))
            for (first, one, second, other), said in zip(orders, ("second" if won else "first", "first"), strict=True):
                run.append(
                    [
                        Judgement(
                            id=f"q{number:02}",
                            source="photos",
                            asked={"question": "What is this?", "first": one, "second": other},
                            said=(f"Verdict: {said}",),
                            facts={"picture": pictures[f"q{number:02}"], "first": first, "second": second},
                        )
                    ]
                )
        run.finish({})
    return out


def test_a_judges_verdicts_decide_where_nothing_has_a_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def texts(number: int) -> tuple[str, str]:
        return "a red cup", "a red cup and more of it" if number % 8 == 0 else "a blue cup"

    before, after = _run(tmp_path / "before", lambda i: texts(i)[0]), _run(tmp_path / "after", lambda i: texts(i)[1])
    judged = _judged(before, after, texts, tmp_path / "judged")
    numbers = compared(before, after, "--judged", judged)
    pair, alike = numbers["judged"]["pair"], numbers["judged"]["equal_length"]
    assert (pair["a"], pair["wins"], pair["ties"], pair["losses"], pair["contradictions"]) == ("after", 10, 30, 0, 30)
    assert (alike["n"], alike["wins"], alike["losses"]) == (35, 5, 0)
    assert numbers["judged"]["bias"]["first"] == 40 - 10 + 40
    assert (numbers["headline"]["metric"], numbers["verdict"]) == ("win_rate", "better")  # 10 to 0: p = 0.002
    assert numbers["headline"]["after"]["value"] == (10 + 30 / 2) / 40
    backwards = compared(after, before, "--judged", judged)
    assert (backwards["verdict"], backwards["judged"]["pair"]["losses"]) == ("worse", 10)
    told = _gate(capsys, before, after, "--judged", str(judged), "--fail-if", "not-better")
    assert told[0] == 0 and "On wins by a judge, the second result is better." in told[1]


def test_a_judge_of_other_answers_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, other = (_run(tmp_path / name, str) for name in ("before", "after", "other"))
    judged = _judged(before, after, lambda i: ("a", "b"), tmp_path / "judged")
    assert "is about " in not_compared(capsys, before, other, "--judged", judged)
    assert "is of answers: give a finished run" in not_compared(capsys, before, after, "--judged", other)


def test_what_the_judge_preferred_can_be_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = _run(tmp_path / "before", lambda _: "a dog"), _run(tmp_path / "after", lambda _: "a cup")
    judged = _judged(before, after, lambda _: ("a dog", "a cup"), tmp_path / "judged")
    assert main(["import", "pairs", f"judged:{judged}", "--out", str(tmp_path / "pairs")]) == 0
    pairs = Run.open(tmp_path / "pairs")
    kept = list(pairs.records(PreferencePair))
    assert len(kept) == 10
    assert {(one.question, one.chosen.text, one.rejected[0].answer.text) for one in kept} == {
        ("What is this?", "a cup", "a dog")
    }
    assert pairs.image(kept[0].image) == Run.open(before).image(kept[0].image)
    assert {one.reason for one in pairs.records(Dropped)} == {"contradicting verdicts"}
    capsys.readouterr()
    assert main(["import", "pairs", f"judged:{before}", "--out", str(tmp_path / "x")]) == 2
    assert "is not a finished run of `burnish bench judged pairwise`" in capsys.readouterr().err
