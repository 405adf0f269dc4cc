"""MM-Vet, LLaVA-Bench and SHR from answers to scores, by a scripted judge; `burnish score` reads what is written.

The files are made for these tests in the schemas of the official releases; none of their content is the releases'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from burnish.cli import main
from judge_server import bench, judging, numbers


def document(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def lines(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def scored(folder: Path, name: str, *flags: object) -> dict[str, Any]:
    """What `burnish score NAME` finds in what the bench wrote."""
    assert main(["score", name, *map(str, flags), "--json", str(folder / "scores.json")]) == 0
    found: dict[str, Any] = json.loads((folder / "scores.json").read_text())
    assert found.pop("recorded")["benchmark"] == name
    assert found.pop("replies")["answered"] > 0
    return found


def test_mmvet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0.5 and 1.0, then 0.5 and no number even at the second try: runs of 75 and 25."""
    questions = document(
        tmp_path / "mm-vet.json",
        {
            "v1_0": {"imagename": "a.png", "question": "Which?", "answer": "x<AND>y", "capability": ["ocr"]},
            "v1_1": {"imagename": "b.png", "question": "Why?", "answer": "z", "capability": ["ocr", "math"]},
        },
    )
    answers = document(tmp_path / "answers.json", {"v1_0": "only x", "v1_1": "it is z"})
    replies = iter(["0.5", "1.0", "0.5", "I'd say", "one"])
    with judging(lambda _: next(replies)) as judge:
        flags = ["--questions", questions, "--answers", answers, "--runs", 2]
        assert bench("mmvet", judge.flag, tmp_path / "run", *flags) == 0
    found = numbers(tmp_path / "run")
    assert found["scores"]["runs"] == [75.0, 25.0]
    assert (found["scores"]["total"], found["scores"]["unparsed"]) == (50.0, 1)
    assert (found["judging"]["n"], found["judging"]["unread"]) == (4, 1)
    assert judge.asked[0].endswith("Which? | x <AND> y | only x |")
    written = tmp_path / "run" / "grades.json"
    assert json.loads(written.read_text())["v1_1"] == {
        "model": [judge.flag] * 2,
        "content": ["1.0", "one"],
        "score": [1.0, 0.0],
    }
    assert scored(tmp_path, "mmvet", "--questions", questions, "--judgements", written) == found["scores"]
    assert max(map(len, capsys.readouterr().out.partition("Written:")[0].splitlines())) <= 80


def test_mmvet_needs_an_answer_to_every_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"imagename": "a.png", "question": "Which?", "answer": "x", "capability": ["ocr"]}
    questions = document(tmp_path / "mm-vet.json", {"v1_0": asked, "v1_1": asked})
    answers = document(tmp_path / "answers.json", {"v1_0": "x"})
    flags = ["--questions", questions, "--answers", answers]
    assert bench("mmvet", "http://127.0.0.1:9/v1#m", tmp_path / "run", *flags) == 2
    assert "answers.json has no prediction for 1 of the 2 questions" in capsys.readouterr().err


def test_mmhal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ratings of 6 and 2, and one that cannot be read even at the second try, which counts 0."""
    rows = [
        {"question_type": kind, "image_id": f"i{place}", "image_content": ["a cup", "a dog"], "question": "What?"}
        | {"gt_answer": "a dog", "model_answer": ""}
        for place, kind in enumerate(("attribute", "counting", "attribute"))
    ]
    questions = document(tmp_path / "response_template.json", rows)
    answers = lines(tmp_path / "answers.jsonl", [{"question_id": place, "text": f"dog {place}"} for place in range(3)])
    replies = iter(["So it is.\nRating: 6", "A cat?\nRating: 2", "Rating: 1 or Rating: 2", "I cannot"])
    with judging(lambda _: next(replies)) as judge:
        for name in ("run", "again"):
            replies = iter(["So it is.\nRating: 6", "A cat?\nRating: 2", "Rating: 1 or Rating: 2", "I cannot"])
            flags = ["--questions", questions, "--answers", answers]
            assert bench("mmhal", judge.flag, tmp_path / name, *flags) == 0
    found = numbers(tmp_path / "run")
    assert found["scores"]["whole"]["rating"]["value"] == pytest.approx(8 / 3)
    assert found["scores"]["whole"]["hallucinated"]["value"] == pytest.approx(2 / 3)
    assert (found["judging"]["n"], found["judging"]["unread"]) == (3, 1)
    assert "Things in the picture: a cup, a dog" in judge.asked[0] and "Answer to be judged: dog 0" in judge.asked[0]
    written = tmp_path / "run" / "judgements.json"
    assert scored(tmp_path, "mmhal", "--questions", questions, "--judgements", written) == found["scores"]
    assert "MMHal-Bench" in capsys.readouterr().out
    numbers_file = tmp_path / "compared.json"
    assert main(["compare", str(tmp_path / "run"), str(tmp_path / "again"), "--json", str(numbers_file)]) == 0
    compared = json.loads(numbers_file.read_text())
    assert (compared["title"], compared["headline"]["metric"], compared["n"]) == ("MMHal", "rating", 3)
    agreed = tmp_path / "agreed.json"
    words = ["score", "agreement", str(tmp_path / "run"), "--truth", str(tmp_path / "again"), "--json", str(agreed)]
    assert main(words) == 0
    assert json.loads(agreed.read_text())["agreement"] == 1


def test_llava_bench(tmp_path: Path) -> None:
    asked = [("conv", "001.jpg"), ("detail", "001.jpg"), ("complex", "002.jpg")]
    rows = [
        {"question_id": i, "image": image, "category": kind, "text": f"q{i}"} for i, (kind, image) in enumerate(asked)
    ]
    questions = lines(tmp_path / "questions.jsonl", rows)
    context = lines(
        tmp_path / "context.jsonl",
        [{"image": "001.jpg", "caption": "a dog"}, {"image": "002.jpg", "caption": ["a cat", "asleep"]}],
    )
    references = lines(tmp_path / "gpt4.jsonl", [{"question_id": i, "text": f"reference {i}"} for i in range(3)])
    answers = lines(tmp_path / "answers.jsonl", [{"question_id": i, "text": f"answer {i}"} for i in range(3)])
    replies = iter(["8 6\nBecause", "Assistant 1: 9", "10 5", "8, 8\nnow"])
    flags = ["--questions", questions, "--context", context, "--references", references, "--answers", answers]
    with judging(lambda _: next(replies)) as judge:
        assert bench("llava-bench", judge.flag, tmp_path / "run", *flags) == 0
    found = numbers(tmp_path / "run")
    # the second is read at the second try, after the third
    assert found["scores"]["score"] == pytest.approx(100 * (6 + 8 + 5) / (8 + 8 + 10))
    assert (found["judging"]["at_once"], found["judging"]["again"]) == (2, 1)
    assert "[Context]\na cat\nasleep\n\n[Question]\nq2\n\n[Assistant 1]\nreference 2\n" in judge.asked[2]
    written = tmp_path / "run" / "reviews.jsonl"
    second = [json.loads(line) for line in written.read_text().splitlines()][1]
    assert (second["question_id"], second["category"]) == ("1", "llava_bench_detail")
    assert (second["content"], second["tuple"]) == ("8, 8\nnow", [8.0, 8.0])
    assert scored(tmp_path, "llava-bench", "--questions", questions, "--reviews", written) == found["scores"]


def genome(folder: Path) -> list[object]:
    """Two of Visual Genome's pictures and one that is not asked about."""
    region = {"x": 10, "y": 50, "width": 40, "height": 25, "phrase": "a red car"}
    regions = [{"id": i, "regions": [{"image_id": i, **region}]} for i in (11, 12, 13)]
    sizes = [{"image_id": i, "width": 100, "height": 100, "url": "u"} for i in (11, 12, 13)]
    return [
        *("--regions", document(folder / "region_descriptions.json", regions)),
        *("--image-data", document(folder / "image_data.json", sizes)),
        *("--factual", lines(folder / "part1.jsonl", [{"11": ["It rains."]}, {"13": ["No."]}])),
    ]


def test_shr(tmp_path: Path) -> None:
    answers = document(tmp_path / "answers.json", {"11": "A car. It is red. A car.", "12": "A dog."})
    labels = {
        "A car": "Judgement:\n1. correct: yes\n2. hallucination: no",
        "A dog": "1. hallucination: there is none",  # no heading, even at the second try
    }
    with judging(lambda text: next(said for words, said in labels.items() if words in text)) as judge:
        assert bench("shr", judge.flag, tmp_path / "run", "--answers", answers, *genome(tmp_path)) == 0
    found = numbers(tmp_path / "run")
    assert found["scores"]["ratio"] == pytest.approx(1 / 2)
    assert (found["scores"]["images"], found["scores"]["excluded"], found["judging"]["unread"]) == (1, 1, 1)
    assert "[0.1, 0.5, 0.5, 0.75]: a red car" in judge.asked[0]
    assert "Further facts:\nIt rains.\n" in judge.asked[0]
    assert judge.asked[0].endswith("1. A car.\n2. It is red.")  # what is said twice is judged once
    written = tmp_path / "run" / "judgement.json"
    assert scored(tmp_path, "shr", "--judgements", written) == found["scores"]


def test_shr_needs_to_know_every_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = document(tmp_path / "answers.json", {"14": "A car."})
    command = ["--answers", answers, *genome(tmp_path)]
    assert bench("shr", "http://127.0.0.1:9/v1#m", tmp_path / "run", *command) == 2
    assert "image_data.json has no picture 14, of which there is a description" in capsys.readouterr().err
    assert bench("shr", "http://127.0.0.1:9/v1#m", tmp_path / "run", *command[:2]) == 2
    assert "has no ground truth for 14: give --regions" in capsys.readouterr().err
