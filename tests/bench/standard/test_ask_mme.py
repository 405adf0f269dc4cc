"""`burnish bench standard mme`: both layouts of its task folders, its own words, its files of answers, refusals."""

from pathlib import Path

import pytest

from burnish.records import Prediction
from burnish.store import Run
from releases import SHORT, asked, grey_of, mme, not_asked, use
from standard_files import scored

TASKS = ("existence", "posters", "code_reasoning")


def test_both_layouts_are_asked_in_mmes_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch, lambda request: "Yes" if grey_of(request) < 100 or "a in it" in request.messages[-1].text else "No"
    )
    found = asked(tmp_path / "run", "mme", mme(tmp_path / "data", TASKS), "--missing", "left-out")
    # by hand, in each task: the dark picture has one of two right, the bright one both
    for task in TASKS:
        numbers = found["scores"]["tasks"][task]
        assert (numbers["accuracy"], numbers["accuracy_plus"], numbers["score"]) == (0.75, 0.5, 125)
    assert (found["scores"]["perception"], found["scores"]["cognition"]) == (250, 125)
    prompts = {record.question for record in Run.open(tmp_path / "run").records(Prediction)}
    assert prompts == {"Is a in it? Please answer yes or no.", "Is b in it? Please answer yes or no."}


def test_the_files_of_answers_are_mmes_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Yes,\tit\nis.")
    found = asked(tmp_path / "run", "mme", mme(tmp_path / "data", TASKS), "--missing", "left-out")
    lines = (tmp_path / "run" / "predictions" / "posters.txt").read_text().splitlines()
    assert lines[0] == "10.jpg\tIs a in it? Please answer yes or no.\tYes\tYes, it is."
    assert scored(tmp_path, "mme", tmp_path / "run" / "predictions", "--missing", "left-out") == found["scores"]


def test_llavas_words_stand_in_the_place_of_mmes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Yes")
    data = mme(tmp_path / "data", TASKS)
    asked(tmp_path / "run", "mme", data, "--missing", "left-out", "--prompt", "llava")
    prompts = {record.question for record in Run.open(tmp_path / "run").records(Prediction)}
    assert prompts == {f"Is {word} in it?\n{SHORT}" for word in "ab"}
    line = (tmp_path / "run" / "predictions" / "existence.txt").read_text().splitlines()[1]
    assert line.split("\t")[1] == "Is b in it? Please answer yes or no."  # the official tool knows its own question


def test_a_picture_keeps_both_its_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Yes")
    found = asked(tmp_path / "run", "mme", mme(tmp_path / "data", TASKS), "--missing", "left-out", "--limit", "2")
    assert found["questions"] == 4
    assert all(task["accuracy_plus"] == 0 and task["accuracy"] == 0.5 for task in found["scores"]["tasks"].values())


def test_what_is_missing_or_broken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = mme(tmp_path / "data", TASKS)
    assert "has no folder count, position" in not_asked(capsys, tmp_path / "run", "mme", data)
    (tmp_path / "empty").mkdir()
    said = not_asked(capsys, tmp_path / "run", "mme", tmp_path / "empty")
    assert "has no folder of a task of MME" in said and "BradyFU" in said
    words = ("--missing", "left-out")
    text = data / "existence" / "10.txt"
    text.write_text("Is a in it?\tYes\n")
    assert "10.txt has 1 lines of questions" in not_asked(capsys, tmp_path / "run", "mme", data, *words)
    text.write_text("Is a in it?\tYes\nIs b in it? No\n")
    assert "10.txt, line 2, has no tab" in not_asked(capsys, tmp_path / "run", "mme", data, *words)
    text.write_text("Is a in it?\tYes\nIs b in it?\tmaybe\n")
    assert "line 2, has the truth 'maybe'" in not_asked(capsys, tmp_path / "run", "mme", data, *words)
    (data / "existence" / "10.png").unlink()
    text.write_text("Is a in it?\tYes\nIs b in it?\tNo\n")
    assert "existence/10.png, the picture of" in not_asked(capsys, tmp_path / "run", "mme", data, *words)
