"""`burnish score mmvet`, `llava-bench` and `shr`: recorded judgements by hand, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from burnish.bench.standard.llava_bench_files import reading
from burnish.bench.standard.shr_labels import LabelledDescription, labels, sentences
from standard_files import json_file, lines_file, refused, scored

MMVET = {
    "v1_0": {"imagename": "a.png", "question": "q", "answer": "x", "capability": ["ocr", "math"]},
    "v1_1": {"imagename": "a.png", "question": "q", "answer": "x", "capability": ["ocr"]},
    "v1_2": {"imagename": "b.png", "question": "q", "answer": "x", "capability": ["math", "ocr"]},
}


def _grade(*scores: float | None, content: list[str] | None = None) -> dict[str, Any]:
    return {"model": ["judge"] * len(scores), "score": list(scores)} | ({"content": content} if content else {})


def _mmvet(folder: Path, grades: dict[str, Any]) -> list[object]:
    questions = json_file(folder / "mm-vet.json", MMVET)
    return ["mmvet", "--questions", questions, "--judgements", json_file(folder / "grades.json", grades)]


def test_mmvet_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grades = {"v1_0": _grade(0.5, 0.7), "v1_1": _grade(1.0, 1.0), "v1_2": _grade(0.0, 0.4)}
    found = scored(tmp_path, *_mmvet(tmp_path, grades))
    assert found["runs"] == pytest.approx([50, 70])
    assert found["total"] == pytest.approx((50 + 70) / 2)
    assert found["deviation"] == pytest.approx(10)  # of a population: both runs lie 10 from their mean
    assert found["capabilities"]["ocr"]["value"] == pytest.approx(60)
    assert found["capabilities"]["math"]["value"] == pytest.approx((60 + 20) / 2)
    assert found["integrations"]["ocr"]["value"] == pytest.approx(100)  # needs ocr alone
    assert found["integrations"]["math_ocr"]["n"] == 2  # in whichever order the file lists them
    assert found["unparsed"] == 0
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_mmvet_counts_replies_without_a_score_as_0_and_tells(tmp_path: Path) -> None:
    grades = {
        "v1_0": _grade(0.0, content=["I think"]),
        "v1_1": _grade(None),
        "v1_2": _grade(0.6, content=["0.6 of it"]),
    }
    found = scored(tmp_path, *_mmvet(tmp_path, grades))
    assert found["total"] == pytest.approx(100 * 0.6 / 3) and found["unparsed"] == 2


@pytest.mark.parametrize(
    ("grades", "sentence"),
    [
        ({"v1_0": _grade(1.0), "v1_1": _grade(1.0)}, "no prediction for 1 of the 3 questions"),
        ({"v1_0": _grade(1.0), "v9": _grade(1.0)}, "item 'v9', is not a question of"),
        ({"v1_0": _grade(1.0), "v1_1": _grade(1.0, 0.5)}, "item 'v1_1', has 2 scores"),
        ({"v1_0": _grade(5.0)}, "item 'v1_0', has the score 5.0"),
        ({"v1_0": {"model": []}}, "item 'v1_0', has no `score`: it has model"),
        ({"v1_0": 1.0}, "item 'v1_0', is not a JSON object"),
    ],
)
def test_mmvet_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], grades: dict[str, Any], sentence: str
) -> None:
    assert sentence in refused(capsys, *_mmvet(tmp_path, grades))


@pytest.mark.parametrize(
    ("review", "points"),
    [
        ("8 7\nBecause …", (8, 7)),
        ("8.5, 7", (8.5, 7)),
        ("Assistant 1: 8", None),
        ("8", None),
        ("8 7 6", None),
        ("\n8 7", None),  # the first line is empty
        ("nan 7", None),
        ("", None),
    ],
)
def test_the_two_numbers_of_a_review(review: str, points: tuple[float, float] | None) -> None:
    assert reading(review) == points


def _llava_bench(folder: Path, reviews: list[str]) -> list[object]:
    questions = [
        {"question_id": i, "image": f"00{i // 2}.jpg", "category": ("conv", "detail")[i % 2], "text": "q"}
        for i in range(len(reviews))
    ]
    said = [{"id": i, "question_id": i, "category": "llava_bench_x", "content": text} for i, text in enumerate(reviews)]
    return [
        *("llava-bench", "--questions", lines_file(folder / "questions.jsonl", questions)),
        *("--reviews", lines_file(folder / "reviews.jsonl", said)),
    ]


def test_llava_bench_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = _llava_bench(tmp_path, ["8 6\nso", "10 5", "9 9", "no numbers"])
    found = scored(tmp_path, *words)
    assert found["score"] == pytest.approx(100 * (6 + 5 + 9) / (8 + 10 + 9))
    assert (found["reference"], found["model"]) == (pytest.approx(27 / 3), pytest.approx(20 / 3))
    assert (found["n"], found["failed"], found["failed_as"]) == (3, 1, "left-out")
    assert found["categories"]["conv"]["score"] == pytest.approx(100 * 15 / 17)
    original = scored(tmp_path, *words, "--failed", "minus-one")
    assert original["score"] == pytest.approx(100 * (6 + 5 + 9 - 1) / (8 + 10 + 9 - 1))
    assert (original["n"], original["failed"]) == (4, 1)
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_llava_bench_without_a_readable_review(tmp_path: Path) -> None:
    found = scored(tmp_path, *_llava_bench(tmp_path, ["?", "?"]))
    assert (found["score"], found["n"], found["failed"]) == (None, 0, 2)


def test_shr_splits_a_description_as_the_official_scorer() -> None:
    text = "A dog runs. It is brown. A dog runs. dog. A dog runs fast. "
    assert sentences(text) == ["A dog runs.", "It is brown.", "A dog runs fast."]  # a longer one later is kept
    assert sentences("no full stop") == ["no full stop."]
    assert sentences(" . ") == []


def _judged(response: str, *lines: str) -> dict[str, str]:
    return {"model_response": response, "raw_judgement": "\n".join(["Judgement:", *lines])}


def test_shr_reads_one_label_a_sentence() -> None:
    said = LabelledDescription("One. Two.", "I see.\nJudgement:\n1. Correct: yes\n\n2. cannot judge: style")
    assert labels(said) == ["correct", "cannot judge"]
    assert labels(said._replace(response="One.")) is None  # more labels than sentences
    assert labels(said._replace(judgement="1. correct: yes\n2. correct: yes")) is None  # no heading


def test_shr_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = {
        "11": _judged("A. B. C.", "1. hallucination: no", "2. correct: yes", "3. cannot judge: mood"),
        "12": _judged("D. E.", "1. correct: yes", "2. unclear: ?"),
        "13": _judged("F. G.", "1. correct: yes"),
    }
    found = scored(tmp_path, "shr", "--judgements", json_file(tmp_path / "judgement.json", {"run1": first}))
    # pooled: 1 hallucination of 4 with one of the three labels; "unclear" is none; 13 has fewer labels than sentences
    assert found["ratio"] == pytest.approx(1 / 4)
    assert [found[name] for name in ("hallucination", "correct", "cannot_judge", "unlabelled")] == [1, 2, 1, 1]
    assert (found["images"], found["excluded"]) == (2, 1)
    second = {"11": _judged("A. B.", "1. hallucination: a", "2. correct: b") | {"mode_response": "A. B."}}
    two = scored(tmp_path, "shr", "--judgements", json_file(tmp_path / "two.json", {"run1": first, "run2": second}))
    assert two["ratio"] == pytest.approx((1 / 4 + 1 / 2) / 2)
    assert two["runs"] == pytest.approx([1 / 4, 1 / 2])
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_shr_without_a_sentence_and_without_a_judgement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = json_file(tmp_path / "none.json", {"run1": {"1": _judged("A.", "1. correct: x", "2. correct: x")}})
    found = scored(tmp_path, "shr", "--judgements", none)
    assert (found["ratio"], found["interval"], found["excluded"]) == (None, None, 1)
    empty = json_file(tmp_path / "empty.json", {"run1": {}})
    assert "holds no judgement" in refused(capsys, "shr", "--judgements", empty)
    bare = json_file(tmp_path / "bare.json", {"run1": {"7": {"raw_judgement": "x"}}})
    assert "item 'run1', item '7', has no `model_response`" in refused(capsys, "shr", "--judgements", bare)
