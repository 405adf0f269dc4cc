"""`burnish score` and `bench standard` of ChartQA, DocVQA, OCRBench, MMStar and MathVista: the rules' edges by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.standard.chartqa import relaxed
from burnish.bench.standard.docvqa import anls
from burnish.bench.standard.edit_distance import edit_distance
from burnish.bench.standard.mathvista import chosen
from burnish.bench.standard.mmstar import reading
from burnish.bench.standard.ocrbench import holds
from burnish.records import Prediction
from burnish.store import Run
from compared import compared
from releases import LETTER, SHORT, asked, lines_of, picture, picture_text, use
from standard_files import json_file, lines_file, refused, scored, table_file


def _value(found: dict[str, Any], metric: str, group: str = "") -> float:
    """A number of measured scores."""
    part = found["groups"][group] if group else found["whole"]
    value: float = part[metric]["value"]
    return value


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        ("105", "100", True),  # 5 % off, which is still right
        ("105.1", "100", False),
        ("95", "100", True),
        ("-95", "-100", True),
        ("0.05", "5%", True),  # 5 % is 0.05
        ("5", "5%", False),
        ("0", "0", True),  # a true number of 0 must be equal as a text
        ("0.0", "0", False),
        ("yes", "Yes", True),
        ("Yes.", "Yes", False),
        (" Yes", "Yes", False),  # nothing is stripped
        ("1,000", "1000", False),  # no number to Python
        ("about 100", "100", False),
        ("", "100", False),
    ],
)
def test_chartqas_relaxed_accuracy(answer: str, truth: str, right: bool) -> None:
    assert relaxed(answer, truth) is right


def test_answers_to_another_version_of_the_questions_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids are alike in both; what was asked is not. Words around a question do no harm."""
    questions = lines_file(
        tmp_path / "ocr.jsonl",
        [{"dataset_name": "d", "type": "t", "image_path": "a.png", "question": "What is\nwritten?", "answers": ["x"]}],
    )
    words = ("ocrbench", "--questions", questions, "--predictions")
    asked = {"fit": "<image>\nwhat  is written? Answer shortly.", "other": "How many cups?"}
    files = {
        name: lines_file(tmp_path / f"{name}.jsonl", [{"question_id": 0, "prompt": prompt, "text": "x"}])
        for name, prompt in asked.items()
    }
    assert _value(scored(tmp_path, *words, files["fit"]), "accuracy") == 1
    said = refused(capsys, *words, files["other"])
    assert "answers How many cups?, and question 0 of" in said and "take questions and predictions of the same" in said


def _chartqa(folder: Path) -> Path:
    for part, label in {"human": "100", "augmented": "Kenya"}.items():
        rows = [{"imgname": f"{part}.png", "query": "Which?", "label": label}] * 2
        picture(folder / "png" / f"{part}.png")
        json_file(folder / f"test_{part}.json", rows)
    return folder


def test_chartqa_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = _chartqa(tmp_path)
    texts = {"human/0": "96", "human/1": "94", "augmented/0": "kenya", "augmented/1": "Kenya"}
    rows = [{"question_id": key, "text": text} for key, text in texts.items()]
    questions = ("chartqa", "--questions", data / "test_human.json", data / "test_augmented.json", "--predictions")
    found = scored(tmp_path, *questions, lines_file(tmp_path / "p.jsonl", rows))
    assert _value(found, "accuracy") == 3 / 4 and found["pictures"] == 2
    assert _value(found, "accuracy", "human") == 1 / 2 and _value(found, "accuracy", "augmented") == 1
    said = refused(capsys, *questions, lines_file(tmp_path / "p.jsonl", rows[1:]))
    assert "no prediction for 1 of the 4 questions" in said and "human/0" in said

    use(monkeypatch, lambda _: "Kenya")
    run = asked(tmp_path / "run", "chartqa", data)
    assert _value(run["scores"], "accuracy") == 1 / 2 and run["title"] == "ChartQA"
    assert {record.question for record in Run.open(tmp_path / "run").records(Prediction)} == {f"Which?\n{SHORT}"}
    again = scored(tmp_path, *questions, tmp_path / "run" / "predictions.jsonl")
    assert again == run["scores"]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("", "", 0), ("cat", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2), ("abc", "abc", 0)],
)
def test_letters_between_texts(one: str, other: str, apart: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == apart


@pytest.mark.parametrize(
    ("answer", "truths", "worth"),
    [
        ("1998", ["1998"], 1.0),
        ("March", ["march", "mar"], 1.0),
        ("cats", ["cat"], 3 / 4),
        ("ab", ["cb"], 1 / 2),  # half alike still counts
        ("abc", ["xyc"], 0.0),  # a third does not
        ("", ["a"], 0.0),
        ("", [""], 1.0),
        ("far away", ["dog", "far  away"], 1.0),  # white space is no letter that differs
        ("the answer is 12", ["12"], 0.0),
    ],
)
def test_docvqas_likeness(answer: str, truths: list[str], worth: float) -> None:
    assert anls(answer, truths) == pytest.approx(worth)


def _docvqa(folder: Path, split: str = "val", answers: bool = True) -> Path:
    truths = {1: ["March"], 2: ["12", "twelve"]}
    rows = [
        {"questionId": key, "question": "When?", "image": f"documents/{key}.png", "question_types": ["form"]}
        | ({"answers": truth} if answers else {})
        for key, truth in truths.items()
    ]
    for key in truths:
        picture(folder / "documents" / f"{key}.png")
    json_file(folder / f"{split}_v1.0.json", {"dataset_name": "docvqa", "data": rows})
    return folder


def test_docvqa_is_scored_and_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _docvqa(tmp_path)
    words = ("docvqa", "--questions", data / "val_v1.0.json", "--predictions")
    rows = [{"questionId": 1, "answer": "Match"}, {"questionId": 2, "answer": "twelve"}]
    found = scored(tmp_path, *words, json_file(tmp_path / "p.json", rows))
    assert _value(found, "anls") == pytest.approx((4 / 5 + 1) / 2)  # March and Match differ in one letter of five
    assert _value(found, "anls", "form") == _value(found, "anls")

    use(monkeypatch, lambda _: "March")
    run = asked(tmp_path / "run", "docvqa", data)
    assert _value(run["scores"], "anls") == 1 / 2
    submission = json.loads((tmp_path / "run" / "submission.json").read_text())
    assert submission == [{"questionId": 1, "answer": "March"}, {"questionId": 2, "answer": "March"}]

    test = _docvqa(tmp_path / "test", "test", answers=False)
    assert asked(tmp_path / "unscored", "docvqa", test, "--split", "test")["scores"] is None
    capsys.readouterr()
    said = refused(capsys, "docvqa", "--questions", test / "test_v1.0.json", "--predictions", tmp_path / "p.json")
    assert "only DocVQA's server can score them" in said


@pytest.mark.parametrize(
    ("answer", "truths", "formula", "right"),
    [
        ("It says CENTRE.", ["centre"], False, True),
        ("STOP\nHERE", ["stop here"], False, True),
        ("stop  here", ["stop here"], False, False),  # two spaces are not one
        ("centre", ["center", "centre"], False, True),
        ("", ["a"], False, False),
        (r"x ^ { 2 }", [r"x^{2}"], True, True),
        (r"X^{2}", [r"x^{2}"], True, False),  # a formula's letters keep their case
    ],
)
def test_ocrbench_looks_for_the_true_text(answer: str, truths: list[str], formula: bool, right: bool) -> None:
    assert holds(answer, truths, formula=formula) is right


def test_ocrbench_counts_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"dataset_name": "svt", "type": "Regular Text Recognition", "answers": ["open"]},
        {"dataset_name": "svt", "type": "Regular Text Recognition", "answers": "shut"},
        {"dataset_name": "HME100k", "type": "Handwritten Mathematical Expression Recognition", "answers": ["a + b"]},
    ]
    full = [{**row, "image_path": f"{i}.png", "question": "What is written?"} for i, row in enumerate(rows)]
    for row in full:
        picture(tmp_path / "OCRBench_Images" / row["image_path"])
    questions = json_file(tmp_path / "OCRBench.json", full)
    texts = ["The sign says Open", "open", "a+b=c"]
    said = lines_file(tmp_path / "p.jsonl", [{"question_id": i, "text": text} for i, text in enumerate(texts)])
    found = scored(tmp_path, "ocrbench", "--questions", questions, "--predictions", said)
    assert _value(found, "accuracy") == pytest.approx(2 / 3)
    assert _value(found, "accuracy", "Regular Text Recognition") == 1 / 2
    assert found["counts"] == {"points (the official score, of 1,000)": 2}
    use(monkeypatch, lambda _: "It is open.")
    assert _value(asked(tmp_path / "run", "ocrbench", tmp_path)["scores"], "accuracy") == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("b. a dog", "B"),
        (" (C) a cat", "C"),
        ("Option D", "D"),
        ("The answer is A.", "A"),
        ("the answer is (A)", ""),
        ("Because of the dog", "B"),  # whatever follows the letter: so the authors have it
        ("I think B", ""),
        ("E", ""),
        ("", ""),
    ],
)
def test_the_letter_that_mmstar_reads(text: str, letter: str) -> None:
    assert reading(text) == letter


MMSTAR = ["index", "question", "image", "answer", "category", "l2_category", "bench"]


def _mmstar(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    rows = [
        [0, "Which?\\nOptions: A: dog, B: cat", picture_text(20), "A", "math", "geometry", "own"],
        [1, "Who?\\nOptions: A: Ann, B: Bob", picture_text(90), "B", "math", "statistical reasoning", "own"],
    ]
    table_file(folder / "MMStar.tsv", [MMSTAR, *rows])
    return folder


def test_mmstar_by_capability(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _mmstar(tmp_path / "data")
    words = ("mmstar", "--questions", data / "MMStar.tsv", "--predictions")
    rows = [{"question_id": 0, "text": "a dog"}, {"question_id": 1, "text": "It is Bob"}]
    found = scored(tmp_path, *words, lines_file(tmp_path / "p.jsonl", rows))
    assert _value(found, "accuracy", "math") == 1 / 2 and _value(found, "accuracy", "math: geometry") == 1
    assert found["counts"]["answers without an option"] == 1
    for name, text in {"old": "A", "new": "B"}.items():
        use(monkeypatch, lambda _, text=text: text)
        run = asked(tmp_path / name, "mmstar", data)
        assert _value(run["scores"], "accuracy") == 1 / 2
    assert lines_of(tmp_path / "old" / "predictions.jsonl")[0]["prompt"].endswith(LETTER)
    numbers = compared(tmp_path / "old", tmp_path / "new")
    assert (numbers["won"], numbers["lost"], numbers["title"]) == (1, 1, "MMStar")
    bad = table_file(tmp_path / "bad.tsv", [MMSTAR, [0, "Which?", picture_text(20), "F", "math", "geometry", "own"]])
    capsys.readouterr()
    assert "must be one of A to D" in refused(capsys, "mmstar", "--questions", bad, *words[3:], tmp_path / "p.jsonl")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("B", "tall"),
        ("The answer is (A), I think (B)", "short"),  # the first letter in brackets
        ("(b) tall", "tall"),
        ("d", "wide"),  # a small letter alone is no option, and the nearest text is meant
        ("It is tall", "tall"),
        ("", "tall"),  # as the authors have it: the first of those that lack the fewest letters
        ("shorter", "short"),
    ],
)
def test_the_choice_that_mathvista_reads(text: str, choice: str) -> None:
    assert chosen(text, ["short", "tall", "wide"]) == choice


def _mathvista(folder: Path) -> Path:
    about = {"metadata": {"task": "geometry problem solving"}, "unit": None}
    free = {"question_type": "free_form", "choices": None, **about}
    problems = {
        "1": {**about, "question_type": "multi_choice", "answer_type": "text", "choices": ["4", "5"], "answer": "5"},
        "2": {**free, "answer_type": "integer", "precision": None, "answer": "3"},
        "3": {**free, "answer_type": "float", "precision": 1.0, "answer": "1.5"},
        "4": {**free, "answer_type": "list", "precision": None, "answer": "[1, 2]"},
    }
    for key, problem in problems.items():
        problem |= {"question": "How many?", "query": f"Hint: say it.\nQuestion {key}", "image": f"images/{key}.jpg"}
        picture(folder / str(problem["image"]))
    json_file(folder / "testmini.json", problems)
    return folder


@pytest.mark.parametrize(
    ("texts", "right", "unread"),
    [
        (["(B)", "3", "1.5", "[1, 2]"], 4, 0),
        (["B", "3.7", "1.46", "[1,2]"], 3, 0),  # whole numbers are cut, others rounded, lists equal as texts
        (['The answer is "5".', "three", "1.4", ""], 1, 2),
        (["", "", "", "[9]"], 0, 3),  # no answer is none, not the shortest choice
        (["(A)", "The answer is 3", "inf", "x"], 0, 1),  # a sentence is not a number: have it extracted first
    ],
)
def test_mathvista_in_the_form_asked_for(tmp_path: Path, texts: list[str], right: int, unread: int) -> None:
    data = _mathvista(tmp_path)
    rows = [{"pid": str(key), "extraction": text} for key, text in enumerate(texts, start=1)]
    words = ("mathvista", "--questions", data / "testmini.json", "--predictions")
    found = scored(tmp_path, *words, json_file(tmp_path / "p.json", rows))
    assert _value(found, "accuracy") == right / 4
    assert found["counts"]["answers that are not in the form asked for"] == unread
    assert _value(found, "accuracy", "geometry problem solving") == right / 4


def test_mathvista_asks_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda request: "3" if "Question 2" in request.messages[-1].text else "B")
    run = asked(tmp_path / "run", "mathvista", _mathvista(tmp_path / "data"))
    assert _value(run["scores"], "accuracy") == 2 / 4
    prompts = {record.id: record.question for record in Run.open(tmp_path / "run").records(Prediction)}
    assert prompts["3"] == "Hint: say it.\nQuestion 3"
