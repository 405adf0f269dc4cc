"""`burnish score vqav2`, `textvqa`, `vizwiz` and `gqa`: whole files by hand, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.standard.gqa import reading
from burnish.bench.standard.textvqa import asked
from standard_files import json_file, lines_file, refused, scored, ten


def _people(answers: list[str]) -> list[dict[str, Any]]:
    return [{"answer": a, "answer_confidence": "yes", "answer_id": i} for i, a in enumerate(answers, start=1)]


def _vqav2(folder: Path) -> Path:
    rows = [(1, 10, "yes/no", ten(yes=10)), (2, 10, "other", ten(cat=3, dog=7)), (3, 11, "number", ten(two=10))]
    annotations = [
        {"question_id": q, "image_id": i, "question_type": "what", "answer_type": kind, "answers": _people(answers)}
        for q, i, kind, answers in rows
    ]
    return json_file(folder / "annotations.json", {"info": {}, "annotations": annotations})


def test_vqav2_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"question_id": 1, "answer": "yes"},
        {"question_id": 3, "answer": "2"},
        {"question_id": 2, "answer": "Cat."},
    ]
    words = ["vqav2", "--annotations", _vqav2(tmp_path), "--predictions"]
    found = scored(tmp_path, *words, json_file(tmp_path / "p.json", rows))
    # question 2: people differ, so "Cat." is "cat", which 3 of 10 said: (7 x 1 + 3 x 2/3) / 10 = 0.9
    assert found["accuracy"] == pytest.approx((1 + 0.9 + 0) / 3)
    assert found["groups"]["other"]["value"] == pytest.approx(0.9)
    assert found["groups"]["number"]["value"] == 0  # all said "two", so nothing is normalised
    assert (found["n"], found["pictures"]) == (3, 2)
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80
    llava = lines_file(tmp_path / "p.jsonl", [{"question_id": r["question_id"], "text": r["answer"]} for r in rows])
    assert scored(tmp_path, *words, llava) == found


def test_vqav2_refuses_what_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = json_file(tmp_path / "p.json", [{"question_id": 1, "answer": "yes"}])
    words = ["vqav2", "--predictions", some, "--annotations"]
    assert "no prediction for 2 of the 3 questions" in refused(capsys, *words, _vqav2(tmp_path))
    assert "visualqa.org" in refused(capsys, *words, tmp_path / "none.json")
    assert "broken JSON" in refused(capsys, *words, _written(tmp_path / "broken.json", "{"))
    assert "must be one object" in refused(capsys, *words, json_file(tmp_path / "list.json", []))
    nine = {"question_id": 1, "image_id": 1, "answer_type": "other", "answers": _people(["a"] * 9)}
    few = json_file(tmp_path / "few.json", {"annotations": [nine]})
    assert "item 1 of `annotations`, has 9 people's answers" in refused(capsys, *words, few)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_textvqa_normalises_both_sides_always(tmp_path: Path) -> None:
    data = [
        {"question_id": 1, "image_id": "x", "question": "What Brand is it?", "answers": ten(nokia=10)},
        {"question_id": 2, "image_id": "x", "question": "what time?", "answers": ["5 o'clock"] * 2 + ["5"] * 8},
    ]
    annotations = json_file(tmp_path / "val.json", {"data": data})
    rows = [
        {"image_id": "x", "question": "what brand is it?", "text": "The Nokia."},
        {"image_id": "x", "question": "What time?", "text": "5 oclock"},
    ]
    words = ["textvqa", "--annotations", annotations, "--predictions"]
    found = scored(tmp_path, *words, lines_file(tmp_path / "p.jsonl", rows))
    assert found["accuracy"] == pytest.approx((1 + (8 * 2 / 3 + 2 * 1 / 3) / 10) / 2)
    llava = [
        {"question_id": "x", "prompt": f"{question}\nReference OCR token: A, B\nAnswer …", "text": text}
        for question, text in (("What time?", "5"), ("What Brand is it?", "nokia"))
    ]
    assert scored(tmp_path, *words, lines_file(tmp_path / "l.jsonl", llava))["accuracy"] == 1


def test_textvqa_asks_some_questions_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = [{"image_id": "x", "question": "what?", "answers": ten(**{word: 10})} for word in ("cat", "dog")]
    annotations = json_file(tmp_path / "val.json", {"data": data})
    rows = [{"image_id": "x", "question": "What?", "text": text} for text in ("cat", "dog", "cow")]
    words = ["textvqa", "--annotations", annotations, "--predictions"]
    assert scored(tmp_path, *words, lines_file(tmp_path / "p.jsonl", rows[:2]))["accuracy"] == 1
    assert "line 3, is for question x: what? (3)" in refused(capsys, *words, lines_file(tmp_path / "q.jsonl", rows))


@pytest.mark.parametrize(
    "prompt",
    [
        "what is it?",
        "what is it?\nAnswer shortly.",
        "what is it?\nReference OCR token: A\nAnswer shortly.",
        "Reference OCR token: A\nwhat is it?\nAnswer shortly.",
        "OCR tokens: A, B. Question: what is it? Short answer:",
    ],
)
def test_the_question_is_found_in_llavas_prompts(prompt: str) -> None:
    assert asked(prompt) == "what is it?"


def test_vizwiz_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"image": "a.jpg", "question": "q", "answer_type": "unanswerable", "answers": _people(ten(unanswerable=10))},
        {"image": "b.jpg", "question": "q", "answer_type": "other", "answers": _people(ten(soup=1, can=9))},
    ]
    annotations = json_file(tmp_path / "val.json", rows)
    said = [{"image": "b.jpg", "answer": "soup"}, {"image": "a.jpg", "answer": "unanswerable"}]
    words = ["vizwiz", "--annotations", annotations, "--predictions"]
    found = scored(tmp_path, *words, json_file(tmp_path / "p.json", said))
    assert found["accuracy"] == pytest.approx((1 + 9 * (1 / 3) / 10) / 2)
    twice = json_file(tmp_path / "twice.json", [*said, said[0]])
    assert "item 3, is the second prediction for question b.jpg" in refused(capsys, *words, twice)


@pytest.mark.parametrize(("text", "said"), [("Yes.", "yes"), ("a b..", "a b"), ("cat. ", "cat. "), ("U.S.", "u.s")])
def test_the_answer_that_gqa_compares(text: str, said: str) -> None:
    assert reading(text) == said


def test_gqa_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = {
        "201": {"question": "q", "imageId": "n1", "answer": "yes", "types": {"structural": "verify"}},
        "202": {"question": "q", "imageId": "n1", "answer": "cat", "types": {"structural": "query"}},
        "203": {"question": "q", "imageId": "n2", "answer": "left", "types": {"structural": "choose"}},
        "204": {"question": "q", "imageId": "n3", "answer": "left"},
    }
    texts = {"201": "Yes.", "202": "a cat", "203": "Left", "204": "left"}
    path = json_file(tmp_path / "questions.json", questions)
    rows = [{"questionId": key, "prediction": text} for key, text in texts.items()]
    words = ["gqa", "--questions", path, "--predictions"]
    found = scored(tmp_path, *words, json_file(tmp_path / "p.json", rows))
    assert found["accuracy"] == pytest.approx(3 / 4)
    assert {name: part["value"] for name, part in found["groups"].items()} == {
        "verify": 1,
        "binary": 1,
        "query": 0,
        "open": 0,
        "choose": 1,
    }
    assert found["groups"]["binary"]["n"] == 2
    low, high = found["interval"]
    assert low < 3 / 4 < high
    llava = lines_file(tmp_path / "l.jsonl", [{"question_id": key, "text": text} for key, text in texts.items()])
    assert scored(tmp_path, *words, llava)["accuracy"] == pytest.approx(3 / 4)
    assert "has no `prediction` or `text`" in refused(
        capsys, *words, json_file(tmp_path / "no.json", [{"questionId": "201"}])
    )
    wrong = _written(tmp_path / "wrong.json", json.dumps({"201": 5}))
    assert "item '201', is not a JSON object" in refused(
        capsys, "gqa", "--questions", wrong, "--predictions", tmp_path / "p.json"
    )
