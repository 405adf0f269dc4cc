"""A test of a teacher: the answers that it is asked about, and who satisfies it."""

import json
from pathlib import Path

import pytest

from burnish.cli import main
from burnish.dialogue.foolish import KINDS, Fools
from burnish.records import Example, Prediction
from burnish.store import Run


def example(answer: str, source: str = "a", name: str = "1") -> Example:
    return Example(id=name, image=b"", question="what?", answer=answer, source=source)


FOOLS = Fools.of([example("a red square", "a"), example("a blue circle", "a"), example("42", "b")], 0)


def test_each_kind_of_answer_is_what_it_is_called_and_is_the_same_every_time() -> None:
    asked = example("a red square")
    said = FOOLS.answers(asked)
    assert list(said) == ["right", "almost right", "off-topic", "garbled", "empty"]
    assert said["right"] == "a red square" and said["empty"] == ""
    changed = [new for new, old in zip(said["almost right"].split(), asked.answer.split(), strict=True) if new != old]
    assert len(changed) == 1 and changed[0] in ("blue", "circle")
    assert said["off-topic"] == "42"
    assert sorted(said["garbled"]) == sorted("aredsquare" * 2)
    assert said == FOOLS.answers(asked)


@pytest.mark.parametrize(("truth", "almost"), [("yes", {"no"}), ("No", {"yes"}), ("7", set("1234568") | {"9"})])
def test_almost_right_answers_of_one_word_are_wrong(truth: str, almost: set[str]) -> None:
    assert FOOLS.answers(example(truth))["almost right"] in almost


@pytest.mark.parametrize("truth", ["", " "])
def test_a_truth_without_words_has_wrong_answers_too(truth: str) -> None:
    assert FOOLS.answers(example(truth))["almost right"] in "a red square blue circle"


def test_the_pocket_vlm_untrained_is_no_teacher_and_the_run_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, numbers = tmp_path / "run", tmp_path / "numbers.json"
    words = ["bench", "teacher", "pocket:heldout/existence#per_task=4", "--teacher", "pocket", "--max-new-tokens", "8"]
    assert main([*words, "--out", str(out), "--json", str(numbers)]) == 0
    told = json.loads(numbers.read_text())
    assert list(told["kinds"]) == [*KINDS]
    assert all(kind["n"] == 4 for kind in told["kinds"].values())
    records = [*Run.open(out).records(Prediction)]
    assert [record.facts["said"] for record in records[::5]] == [record.answer for record in records[::5]]
    assert "Who satisfies pocket" in capsys.readouterr().out


def test_the_oracle_and_questions_without_truth_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "teacher", "pocket:heldout/existence#per_task=1", "--teacher", "oracle", "--out", str(tmp_path)]
    assert main(words) == 2
    assert "cannot be fooled" in capsys.readouterr().err
