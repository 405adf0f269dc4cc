"""`burnish score scienceqa`, `mmbench` and `seed`: which option an answer means, files by hand, what is refused."""

import csv
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.standard import mmbench, scienceqa, seed
from standard_files import json_file, lines_file, refused, scored, table_file


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"),
        ("E", "E"),
        ("F", ""),
        ("B. a dog", "B"),
        ("B.", ""),  # LLaVA's rule needs the space
        ("B) a dog", ""),
        ("b", ""),
        (" B", ""),
        ("The answer is C.", "C"),
        ("I think so. The answer is C. Done.", "C"),
        ("The answer is C", ""),  # something must follow the letter
        ("The answer is B. The answer is C.", ""),  # exactly one
        ("", ""),
    ],
)
def test_the_letter_that_scienceqa_reads(text: str, letter: str) -> None:
    assert scienceqa.reading(text) == letter


def _problem(answer: int, image: str | None = "image.png", subject: str = "natural science") -> dict[str, Any]:
    return {"question": "q", "choices": ["x", "y", "z"], "answer": answer, "image": image, "subject": subject}


def _scienceqa(folder: Path, problems: dict[str, Any], test: list[str]) -> list[object]:
    return [
        *("scienceqa", "--problems", json_file(folder / "problems.json", problems)),
        *("--splits", json_file(folder / "pid_splits.json", {"train": [], "test": test}), "--predictions"),
    ]


def test_scienceqa_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems = {
        "1": _problem(0),
        "2": _problem(1, subject="social science"),
        "3": _problem(2),
        "4": _problem(0),
        "5": _problem(0, image=None),
        "6": _problem(0),
    }
    words = _scienceqa(tmp_path, problems, ["1", "2", "3", "4", "5"])
    texts = {"1": "A", "2": "The answer is B.", "3": "E", "4": "It is x", "5": "B"}
    rows = [{"question_id": key, "text": text} for key, text in texts.items()]
    found = scored(tmp_path, *words, lines_file(tmp_path / "p.jsonl", rows))
    # question 3: E is none of its three choices; 5 has no picture, 6 is of no split
    assert found["accuracy"] == pytest.approx(2 / 4) and found["n"] == 4
    assert found["groups"]["social science"]["value"] == 1
    assert found["counts"] == {"answers without an option": 1}
    few = lines_file(tmp_path / "few.jsonl", rows[:3])
    assert "no prediction for 1 of the 4 questions" in refused(capsys, *words, few)
    assert "has no split 'val': choose one of train, test" in refused(capsys, *words, few, "--split", "val")


def test_scienceqa_files_that_do_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = lines_file(tmp_path / "p.jsonl", [{"question_id": "1", "text": "A"}])
    assert "has no problem 9" in refused(capsys, *_scienceqa(tmp_path, {"1": _problem(0)}, ["9"]), some)
    words = _scienceqa(tmp_path, {"1": _problem(3)}, ["1"])
    assert "item '1', has the answer 3 and 3 choices" in refused(capsys, *words, some)
    (tmp_path / "problems.json").unlink()
    assert "github.com/lupantech/ScienceQA" in refused(capsys, *words, some)


OPTIONS = {"A": "a red ball", "B": "a ball", "C": "two cats", "D": "None"}


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(B)", "B"),
        ("B.", "B"),
        ("Answer: B!", "B"),
        ("The answer is A", "A"),
        ("A or B", ""),  # two letters
        ("b", ""),
        ("E", ""),  # no such option
        ("It shows Two Cats", "C"),
        ("It shows a ball", "B"),
        ("It shows a red ball", "A"),  # "a ball" does not stand in it
        ("A man and a dog are here with two cats", "C"),  # a letter before the last four words
        ("two cats and a ball", ""),  # two texts
        ("", ""),
    ],
)
def test_the_option_that_mmbench_reads(text: str, letter: str) -> None:
    assert mmbench.reading(text, OPTIONS) == letter


HEADER = ["index", "question", "hint", "A", "B", "C", "D", "answer", "category", "l2-category", "image"]


def _mmbench(folder: Path, *rows: tuple[int, str, str]) -> Path:
    """Rows of index, right letter and picture; options rotate with the index."""
    cells = []
    for index, answer, picture in rows:
        turn = index // 1_000_000
        options = [("cat", "dog", "cow")[(place + turn) % 3] for place in range(3)]
        cells.append([index, "what?", "", *options, "", answer, "identity", "finegrained", picture])
    return table_file(folder / "mmbench_dev.tsv", [HEADER, *cells])


def _answers(folder: Path, texts: dict[int, str]) -> Path:
    return lines_file(folder / "p.jsonl", [{"question_id": key, "text": text} for key, text in texts.items()])


def test_mmbench_needs_every_rotation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(1, "A", "pic"), (1_000_001, "C", "1"), (2_000_001, "B", "1"), (2, "B", "1"), (1_000_002, "A", "2")]
    table = _mmbench(tmp_path, *rows)
    words = ["mmbench", "--questions", table, "--predictions"]
    texts = {1: "A", 1_000_001: "C. cat", 2_000_001: "(B)", 2: "B", 1_000_002: "dog"}
    found = scored(tmp_path, *words, _answers(tmp_path, texts))
    assert (found["accuracy"], found["n"]) == (1, 2)
    assert found["pictures"] == 1  # the cells of the other rows name row 1, which has the picture
    assert found["groups"]["finegrained"]["n"] == 2
    found = scored(tmp_path, *words, _answers(tmp_path, texts | {2_000_001: "I do not know"}))
    assert found["accuracy"] == pytest.approx(1 / 2)  # two of three rotations are right: wrong
    assert found["counts"]["answers without an option"] == 1
    assert "index 7" in refused(
        capsys, "mmbench", "--questions", _mmbench(tmp_path, *[(7, "A", "p")] * 2), *words[3:], table
    )


def test_mmbench_tells_of_questions_without_rotations(tmp_path: Path) -> None:
    table = _mmbench(tmp_path, (3, "A", "p"))
    found = scored(tmp_path, "mmbench", "--questions", table, "--predictions", _answers(tmp_path, {3: "A"}))
    assert found["counts"]["questions in one rotation only"] == 1


def test_mmbench_reads_quoted_cells_and_large_pictures(tmp_path: Path) -> None:
    path = tmp_path / "big.tsv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t")
        row = ["4", 'What is "it"?\nTell.', "提示", "猫", "狗", "", "", "B", "c", "l", "x" * 300_000]
        writer.writerows([HEADER, row])
    found = scored(tmp_path, "mmbench", "--questions", path, "--predictions", _answers(tmp_path, {4: "请选狗"}))
    assert found["accuracy"] == 1


def test_mmbench_refuses_a_test_set_and_broken_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = _answers(tmp_path, {1: "A"})
    test_set = table_file(tmp_path / "test.tsv", [["index", "A", "B"], [1, "x", "y"]])
    assert "line 2, has no `answer`" in refused(capsys, "mmbench", "--questions", test_set, "--predictions", some)
    short = table_file(tmp_path / "short.tsv", [["index", "A"], [1]])
    assert "line 2, has 1 cells" in refused(capsys, "mmbench", "--questions", short, "--predictions", some)


@pytest.mark.parametrize(("text", "letter"), [("B", "B"), ("B. cat", "B"), (" B", "B"), ("The B", "T"), ("", "")])
def test_the_letter_that_seed_reads(text: str, letter: str) -> None:
    assert seed.reading(text) == letter


def test_seed_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def question(number: str, kind: int, answer: str, data_type: str = "image") -> dict[str, Any]:
        return {
            "question_id": number,
            "question_type_id": kind,
            "answer": answer,
            "data_type": data_type,
            "data_id": f"p{number}",
        }

    whole = {
        "question_type": {"Scene Understanding": 1, "Action Recognition": 10},
        "questions": [question("5", 1, "A"), question("6", 1, "B"), question("v7", 10, "C", "video")],
    }
    path = json_file(tmp_path / "SEED-Bench.json", whole)
    rows = [
        {"question_id": 5, "text": "A. a room"},
        {"question_id": "6", "text": "C"},
        {"question_id": "v7", "text": "C"},
    ]
    words = ["seed", "--questions", path, "--predictions"]
    found = scored(tmp_path, *words, lines_file(tmp_path / "p.jsonl", rows))
    assert (found["accuracy"], found["n"]) == (0.5, 2)
    assert list(found["groups"]) == ["Scene Understanding"]
    assert "such as question 6" in refused(capsys, *words, lines_file(tmp_path / "q.jsonl", rows[:1]))
    videos = json_file(tmp_path / "v.json", {"questions": [question("v7", 10, "C", "video")]})
    assert "no question whose `data_type` is image" in refused(
        capsys, "seed", "--questions", videos, "--predictions", tmp_path / "p.jsonl"
    )
