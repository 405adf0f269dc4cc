"""`burnish compare` on real runs of the pocket VLM, with and without an adapter."""

import json
from pathlib import Path

import pytest

from burnish.cli import main
from burnish.records import Prediction
from burnish.store import Run
from compared import compared, not_compared, score_of

FAST = ("--device", "cpu", "--max-new-tokens", "24")
QUESTIONS = "pocket:heldout/attribute+counting+existence#per_task=16"


def _burnish(*words: object) -> None:
    assert main([*map(str, words)]) == 0


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Answers of the pocket VLM, and of its student."""
    folder = tmp_path_factory.mktemp("answered")
    for name, adapter in (("plain", ()), ("student", ("--adapter", "pocket-student"))):
        _burnish("bench", "answers", QUESTIONS, "--model", "pocket", *adapter, "--out", folder / name, *FAST)
    return folder / "plain", folder / "student"


def test_two_adapters_on_the_same_questions(answered: tuple[Path, Path]) -> None:
    plain, student = answered
    numbers = compared(plain, student)
    texts = [{one.id: one.text for one in Run.open(run).records(Prediction)} for run in answered]
    truths = {one.id: one.answer for one in Run.open(plain).records(Prediction)}
    right = [{key for key, text in said.items() if text.strip(".").lower() == truths[key]} for said in texts]
    assert numbers["headline"]["metric"] == "exact_match"
    assert numbers["n"] == 48
    won = {flip["id"] for flip in numbers["flips"] if flip["outcome"] == "won"}
    lost = {flip["id"] for flip in numbers["flips"] if flip["outcome"] == "lost"}
    assert (won, lost) == (right[1] - right[0], right[0] - right[1])
    assert numbers["headline"]["difference"]["value"] == pytest.approx((len(won) - len(lost)) / 48)
    assert {"adapter", "model fingerprint"} <= {*numbers["differs"]}
    assert numbers["after"]["name"] == "pocket + pocket-student"
    assert numbers["after"]["fingerprints"]["model"] != numbers["before"]["fingerprints"]["model"]
    page = (student.parent / "plain-student" / "index.html").read_text()
    assert page.count("data:image/png") == len(numbers["flips"]) == len(won | lost) > 0
    assert all(Path(flip["picture"]).is_file() for flip in numbers["flips"])


def test_a_bench_with_a_baseline_begins_its_own_page_with_the_comparison(answered: tuple[Path, Path]) -> None:
    """A baseline that is given later scores the run again, and asks nothing."""
    plain, student = answered
    flags = ["--model", "pocket", "--adapter", "pocket-student", "--out", student, "--baseline", plain, *FAST]
    _burnish("bench", "answers", QUESTIONS, *flags)
    page = (student / "report" / "index.html").read_text()
    assert "<title>pocket + pocket-student against pocket: exact match" in page
    headline = compared(plain, student)["headline"]
    change = 100 * headline["difference"]["value"]
    assert f'<div class="change">{change:+.1f}</div>' in page
    assert f'<li class="{headline["verdict"]}"><b>{headline["verdict"].capitalize()}</b>' in page


def test_other_samples_and_other_kinds_of_runs_are_refused(
    answered: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, student = answered
    other, drawn = tmp_path / "other", tmp_path / "drawn"
    source = "pocket:heldout/attribute#per_task=4"
    _burnish("bench", "answers", source, "--model", "pocket", "--out", other, *FAST)
    assert "have different question sets" in not_compared(capsys, plain, other)
    _burnish("bench", "sampled", source, "--model", "pocket", "--temperatures", 0, "--out", drawn, *FAST)
    assert "holds sampled, which cannot be compared" in not_compared(capsys, plain, drawn)
    pairs = tmp_path / "pairs"
    words = ["--answers", plain, student, "--judge", "oracle", "--out", pairs]
    _burnish("bench", "judged", "pairwise", *words)
    assert "which compares models already" in not_compared(capsys, pairs, pairs / ".." / "other")


def test_a_judges_grades_of_two_models(answered: tuple[Path, Path], tmp_path: Path) -> None:
    runs = []
    for run in answered:
        runs.append(tmp_path / run.name)
        _burnish("bench", "judged", "grades", "--answers", run, "--judge", "oracle", "--out", runs[-1])
    numbers = compared(*runs)
    assert numbers["benchmark"] == "judged grades"
    means = [json.loads((run / "done.json").read_text())["mean"]["value"] for run in runs]
    assert numbers["headline"]["before"]["value"] == pytest.approx(means[0])
    assert numbers["headline"]["after"]["value"] == pytest.approx(means[1])
    assert numbers["mcnemar"] is None
    flips = numbers["flips"]
    assert flips and all(Path(flip["picture"]).is_file() and flip["truth"] for flip in flips)
    sizes = [abs(flip["value_after"] - flip["value_before"]) for flip in flips]
    assert sizes == sorted(sizes, reverse=True)


def test_free_dialogues_of_two_students(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shared = ("bench", "free", "pocket:heldout/attribute+relation#per_task=6", "--student", "pocket", "--device", "cpu")
    for name, more in (("plain", ()), ("trained", ("--student-adapter", "pocket-student"))):
        _burnish(*shared, "--teacher", "oracle", *more, "--out", tmp_path / name)
    numbers = compared(tmp_path / "plain", tmp_path / "trained")
    for name in ("plain", "trained"):
        side = "before" if name == "plain" else "after"
        scores = json.loads((tmp_path / name / "done.json").read_text())
        assert score_of(numbers, "accuracy_5")[side]["value"] == pytest.approx(scores["accuracy_by_turn"][4])
    assert numbers["headline"]["metric"] == "turns"
    _burnish(*shared, "--teacher", "oracle", "--threshold", 9, "--out", tmp_path / "strict")
    assert "differ in their threshold (8.0 and 9.0)" in not_compared(capsys, tmp_path / "plain", tmp_path / "strict")


def test_fixed_dialogues_of_two_students(tmp_path: Path) -> None:
    said = ["simulate", "pocket:counter-train/counting#per_task=12", "--student", "pocket", "--teacher", "oracle"]
    _burnish(*said, "--device", "cpu", "--out", tmp_path / "dialogues")
    for name, more in (("plain", ()), ("trained", ("--student-adapter", "pocket-student"))):
        flags = ["--student", "pocket", *more, "--device", "cpu", "--max-new-tokens", 24, "--out", tmp_path / name]
        _burnish("bench", "fixed", tmp_path / "dialogues", *flags)
    numbers = compared(tmp_path / "plain", tmp_path / "trained")
    for name, side in (("plain", "before"), ("trained", "after")):
        paper = json.loads((tmp_path / name / "done.json").read_text())["student"]["paper"]
        assert score_of(numbers, "cider")[side]["value"] == pytest.approx(paper["cider"])
        assert score_of(numbers, "bleu_2")[side]["value"] == pytest.approx(paper["bleu"][1])
    assert numbers["headline"]["metric"] == "cider"
