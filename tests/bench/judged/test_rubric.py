"""Grades by a rubric of one's own: the file, what is read, and the verb with a scripted judge."""

from pathlib import Path

import pytest

from burnish.bench.judged.rubric import grade, read_rubric
from burnish.cli import main
from burnish.errors import ConfigError
from judge_server import answers_file, bench, judging, numbers

RUBRIC = """
criterion: Does it name the animal?
grades:
  3: the animal and its color
  1: no animal
  2: an animal
"""


def _rubric(folder: Path, text: str = RUBRIC) -> str:
    path = folder / "rubric.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Feedback: it does. [RESULT] 3", 3),
        ("**[Result]:** (2)", 2),
        ("[RESULT] 1 … so, [RESULT] 1", 1),
        ("[RESULT] 1 or [RESULT] 2", None),
        ("[RESULT] 4", None),
        ("[RESULT] 2.5", None),
        ("3", None),
    ],
)
def test_the_grade_that_is_read(said: str, value: int | None) -> None:
    assert grade({"grades": "1, 2, 3"}, said) == value


def test_a_judge_reads_the_rubric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"q1": "a black dog", "q2": "a dog", "q3": "nothing", "q4": ""}
    given = answers_file(tmp_path / "answers.jsonl", answers)
    grades = {"a black dog": "Good. [RESULT] 3", "a dog": "[RESULT] 2", "nothing": "Who knows?"}

    def says(message: str) -> str:
        return grades[message.partition("Response to evaluate:\n")[2].partition("\n")[0]]

    with judging(says) as judge:
        flags = ("--answers", given, "--rubric", _rubric(tmp_path))
        assert bench("rubric", judge.flag, tmp_path / "run", *flags) == 0
        first = judge.asked[0]
        assert "[Does it name the animal?]\nScore 1: no animal\nScore 2: an animal\nScore 3: the animal and" in first
        found = numbers(tmp_path / "run")
        assert found["mean"]["value"] == pytest.approx((3 + 2 + 1) / 3)  # no answer has the lowest grade
        assert (found["counts"], found["judging"]["unread"]) == ({"1": 1, "2": 1, "3": 1}, 1)
        told = capsys.readouterr().out
        assert "Criterion: Does it name the animal?" in told and "Not calibrated against people" in told
        _compared_with_another_rubric(tmp_path, given, judge.flag, capsys)


def _compared_with_another_rubric(folder: Path, given: Path, judge: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--answers", given, "--rubric", _rubric(folder, RUBRIC.replace("its color", "its size")))
    assert bench("rubric", judge, folder / "run", *flags) == 2
    assert "fingerprint of the judge's rubric" in capsys.readouterr().err
    assert bench("rubric", judge, folder / "other", *flags) == 0
    capsys.readouterr()
    assert main(["compare", str(folder / "run"), str(folder / "other")]) == 2
    assert "differ in their judge's rubric" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("grades: {1: a, 2: b}", "is not a rubric"),
        ("criterion: good?\ngrades: {1: a}", "is not a rubric"),
        ("criterion: good?\ngrades: {1: a, best: b}", "has the grade 'best'"),
        (
            "criterion: good?\ngrades: {1: no, 2: b}",
            "False as the meaning of grade 1, and that must be words: put it in quotes",
        ),
        ("criterion: [", "cannot be read"),
    ],
)
def test_what_is_no_rubric_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_rubric(_rubric(tmp_path, text))
