"""`burnish score mme`: the answer's rule, a task by hand, the two sums, and what is refused."""

from pathlib import Path

import pytest

from burnish.bench.standard.mme_files import COGNITION, PERCEPTION, reading
from standard_files import refused, scored


def _task(folder: Path, task: str, *answers: tuple[str, str]) -> None:
    """A file of pictures, each with the answers to its question of truth Yes and to that of truth No."""
    lines = [
        f"{i}.jpg\tIs it {colour}? Please answer yes or no.\t{truth}\t{text}\n"
        for i, pair in enumerate(answers)
        for colour, truth, text in zip(("red", "blue"), ("Yes", "No"), pair, strict=True)
    ]
    (folder / f"{task}.txt").write_text("".join(lines))


def _folder(root: Path, *left_out: str) -> Path:
    folder = root / "mme"
    folder.mkdir()
    for task in (*PERCEPTION, *COGNITION):
        if task not in left_out:
            _task(folder, task, ("Yes", "No"), ("yes.", "no."))
    return folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes", "yes"),
        ("NO", "no"),
        ("Yes, it is", "yes"),
        ("No way", "no"),
        (" yes", "yes"),  # y, e, s are characters 2 to 4
        ("  yes", "other"),  # the s is the fifth
        ("  no", "no"),
        ("   no", "other"),
        ("not", "no"),
        ("I know", "other"),
        ("anyone", "other"),
        ("nono", "no"),
        ("It is red", "other"),
        ("", "other"),
    ],
)
def test_the_official_rule_of_four_characters(text: str, said: str) -> None:
    assert reading(text) == said


def test_a_task_by_hand(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    # right: 2 of 2, 1 of 2 (all yes), 0 of 2 (neither), 2 of 2
    _task(folder, "count", ("Yes", "No"), ("Yes", "Yes"), ("Maybe", "It is not"), ("yes", "no, never"))
    found = scored(tmp_path, "mme", folder)
    task = found["tasks"]["count"]
    assert task["accuracy"] == pytest.approx((2 + 1 + 0 + 2) / 8)
    assert task["accuracy_plus"] == pytest.approx((1 + 0 + 0 + 1) / 4)
    assert task["score"] == pytest.approx(100 * (5 / 8 + 2 / 4))
    assert (task["n"], task["other"]) == (8, 2)
    low, high = task["intervals"]["score"]
    assert 0 <= low < task["score"] < high <= 200


def test_perception_sums_ten_tasks_and_cognition_four(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _folder(tmp_path)
    found = scored(tmp_path, "mme", folder)
    assert (found["perception"], found["cognition"]) == (2000, 800)
    assert list(found["tasks"]) == [*PERCEPTION, *COGNITION]
    _task(folder, "OCR", ("Yes", "Yes"), ("No", "No"))  # accuracy 2 / 4, no picture with both right
    _task(folder, "code_reasoning", ("No", "Yes"))
    found = scored(tmp_path, "mme", folder)
    assert (found["perception"], found["cognition"]) == (2000 - 200 + 50, 800 - 200)
    low, high = found["intervals"]["perception"]
    assert low <= 1850 <= high
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_missing_tasks_are_named_or_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _folder(tmp_path, "OCR", "count")
    sentence = refused(capsys, "mme", folder)
    assert "has no count.txt, OCR.txt" in sentence and "eval_tool.zip" in sentence
    found = scored(tmp_path, "mme", folder, "--missing", "left-out")
    assert (found["perception"], found["left_out"]) == (1600, ["count", "OCR"])
    assert "such as existence.txt" in refused(capsys, "mme", tmp_path, "--missing", "left-out")


def test_a_sum_without_tasks_is_none(tmp_path: Path) -> None:
    folder = _folder(tmp_path, *COGNITION)
    found = scored(tmp_path, "mme", folder, "--missing", "left-out")
    assert found["cognition"] is None and found["perception"] == 2000
    assert list(found["intervals"]) == ["perception"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a.jpg\tq\tYes\n", "line 1, has 3 fields between tabs and needs 4"),
        ("a.jpg\tq\tYes\tyes\ta.\n", "line 1, has 5 fields"),
        ("a.jpg\tq\tMaybe\tyes\n", "line 1, has the truth 'Maybe'"),
        ("a.jpg\tq\tYes\tyes\nb.jpg\tq\tNo\tno\n", "line 2, is about another picture"),
        ("a.jpg\tq\tYes\tyes\n", "line 1, has no second question about a.jpg"),
        ("\n", "is empty"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str) -> None:
    folder = _folder(tmp_path)
    (folder / "scene.txt").write_text(text)
    said = refused(capsys, "mme", folder)
    assert sentence in said and "scene.txt" in said


def test_windows_lines_and_blank_ones_change_nothing(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "scene.txt").write_bytes(b"a.jpg\tq\tYes\tYes\r\n\r\na.jpg\tq\tNo\tNo\r\n\r\n")
    assert scored(tmp_path, "mme", folder)["tasks"]["scene"]["score"] == 200
