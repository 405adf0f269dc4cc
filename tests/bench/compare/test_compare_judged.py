"""`burnish compare` on judged benchmarks: eight small questions each, judged by a script, the verdicts by hand.

Where all of eight answers change alike, two of 2^8 swaps are as extreme: p = 1/128.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burnish.cli import main
from compared import compared, not_compared, score_of
from judge_server import answers_file, bench, judging
from standard_files import json_file, lines_file

N = 8
KEYS = [f"q{i}" for i in range(N)]
ALL_ALIKE = pytest.approx(2 / 2**N, abs=0.003)
"""The test draws its swaps."""


def compare(
    folder: Path, name: str, says: Callable[[str], str], flags: Callable[[str], list[object]]
) -> dict[str, Any]:
    """Both models' answers judged by one judge, and compared."""
    with judging(says) as judge:
        for side in ("before", "after"):
            assert bench(name, judge.flag, folder / side, *flags(side)) == 0
    return compared(folder / "before", folder / "after")


def mmvet_flags(folder: Path, texts: dict[str, list[str]], runs: int) -> Callable[[str], list[object]]:
    asked = {"question": "Which?", "answer": "x", "capability": ["ocr"]}
    questions = json_file(folder / "mm-vet.json", {key: {**asked, "imagename": f"{key}.png"} for key in KEYS})
    files = {side: answers_file(folder / f"{side}.jsonl", dict(zip(KEYS, texts[side], strict=True))) for side in texts}
    return lambda side: ["--questions", questions, "--answers", files[side], "--runs", runs]


def last_cell(text: str) -> str:
    """What the model said, from MM-Vet's table."""
    return text.rstrip(" |").rpartition("| ")[2]


def test_mmvet_gets_better(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = mmvet_flags(tmp_path, {"before": ["0.2"] * N, "after": ["1.0"] * N}, runs=1)
    numbers = compare(tmp_path, "mmvet", last_cell, flags)
    points = score_of(numbers, "points")
    assert numbers["benchmark"] == "judged mmvet"
    assert (points["before"]["value"], points["after"]["value"]) == (pytest.approx(20), 100)
    assert (points["wins"], points["losses"], points["p_value"]) == (N, 0, ALL_ALIKE)
    assert numbers["headline"] == points and numbers["verdict"] == "better"
    runs = [str(tmp_path / side) for side in ("before", "after")]
    capsys.readouterr()
    assert main(["compare", *runs]) == 0
    assert "Not calibrated against people" in capsys.readouterr().out
    assert main(["compare", "together", "--before", runs[0], "--after", runs[1]]) == 0
    assert "MM-Vet: Not calibrated against people" in capsys.readouterr().out
    assert main(["report", *runs, "--out", str(tmp_path / "report")]) == 0
    assert "Not calibrated against people" in (tmp_path / "report" / "index.html").read_text()


def test_mmvet_in_two_runs_of_the_judge_with_one_loss_is_undecided(tmp_path: Path) -> None:
    """Seven answers rise by 80 points and one falls by 100: a sum of 460, which 18 of 256 swaps reach.

    80 (2k - 7) +- 100 for k of seven unswapped: k = 7 gives 660 and 460, k = 6 gives 500 in seven ways, and as many
    with the other sign.
    """
    texts = {"before": ["0.2"] * 7 + ["1.0"], "after": ["1.0"] * 7 + ["no number"]}
    numbers = compare(tmp_path, "mmvet", last_cell, mmvet_flags(tmp_path, texts, runs=2))
    points = score_of(numbers, "points")
    assert points["before"]["value"] == pytest.approx((7 * 20 + 100) / N)
    assert points["after"]["value"] == pytest.approx(7 * 100 / N)  # what cannot be read counts 0, as officially
    assert (numbers["n"], points["wins"], points["losses"]) == (N, 7, 1)
    assert points["p_value"] == pytest.approx(18 / 256, abs=0.01)
    assert numbers["verdict"] == "undecided"
    lost = next(flip for flip in numbers["flips"] if flip["outcome"] == "lost")
    assert (lost["id"], lost["value_before"], lost["value_after"]) == ("q7", 100, 0)


def test_llava_bench_beside_the_reference(tmp_path: Path) -> None:
    """4 to 6 points beside the reference's 8 in seven reviews; the eighth cannot be read of one model."""
    rows = [{"question_id": key, "image": f"{key}.jpg", "category": "conv", "text": key} for key in KEYS]
    questions = lines_file(tmp_path / "questions.jsonl", rows)
    context = lines_file(tmp_path / "context.jsonl", [{"image": row["image"], "caption": "a dog"} for row in rows])
    references = lines_file(tmp_path / "gpt4.jsonl", [{"question_id": key, "text": "It is."} for key in KEYS])
    texts = {"before": ["8 4"] * N, "after": ["8 6"] * 7 + ["well"]}
    files = {
        side: answers_file(tmp_path / f"{side}.jsonl", dict(zip(KEYS, of, strict=True))) for side, of in texts.items()
    }

    def flags(side: str) -> list[object]:
        shared = ["--questions", questions, "--context", context, "--references", references]
        return [*shared, "--answers", files[side]]

    def says(text: str) -> str:
        return text.rpartition("[Assistant 2]\n")[2].partition("\n")[0]

    numbers = compare(tmp_path, "llava-bench", says, flags)
    relative = score_of(numbers, "relative")
    assert numbers["n"] == 7
    assert (relative["before"]["value"], relative["after"]["value"]) == (4 / 8, 6 / 8)
    assert relative["p_value"] == pytest.approx(2 / 2**7, abs=0.004)
    assert (numbers["headline"]["metric"], numbers["verdict"]) == ("relative", "better")


def shr_says(text: str) -> str:
    """Each sentence's own words are its label."""
    sentences = text.partition("The sentences:\n")[2].splitlines()
    return "\n".join(["Judgement:", *(f"{sentence.rstrip('.')}: it seems so" for sentence in sentences)])


def test_fewer_hallucinations_are_better(tmp_path: Path) -> None:
    """SHR: one sentence of two is hallucinated in each description, then none; lower is better."""
    texts = {"before": "correct. hallucination.", "after": "correct. cannot judge."}
    region = {"x": 10, "y": 50, "width": 40, "height": 25, "phrase": "a red car"}
    regions = [{"id": i, "regions": [{"image_id": i, **region}]} for i in range(N)]
    sizes = [{"image_id": i, "width": 9, "height": 9} for i in range(N)]
    known = [
        "--regions",
        json_file(tmp_path / "r.json", regions),
        "--image-data",
        json_file(tmp_path / "s.json", sizes),
    ]
    files = {
        side: json_file(tmp_path / f"{side}.json", {str(i): text for i in range(N)}) for side, text in texts.items()
    }
    numbers = compare(tmp_path, "shr", shr_says, lambda side: ["--answers", files[side], *known])
    hallucinated = score_of(numbers, "hallucinated")
    assert (hallucinated["before"]["value"], hallucinated["after"]["value"]) == (0.5, 0)
    assert (hallucinated["p_value"], numbers["verdict"]) == (ALL_ALIKE, "better")
    assert compared(tmp_path / "after", tmp_path / "before")["verdict"] == "worse"


def test_consistency_at_each_temperature(tmp_path: Path) -> None:
    """A-consistency rises from 4 to 7 in every answer, Q-consistency falls from 9 to 8; A decides."""

    def says(text: str) -> str:
        question, answer = text.partition("[Model 2]\n")[2].partition("\n")[0].split()
        return f"A1,9,9,9,9\nA2,1,1,1,{question}\nA3,1,1,1,{answer}"

    def flags(side: str) -> list[object]:
        folder = tmp_path / f"{side}-answers"
        folder.mkdir()
        said = {"before": "9 4", "after": "8 7"}[side]
        greedy = answers_file(folder / "greedy.jsonl", dict.fromkeys(KEYS, "as before"))
        return ["--answers", greedy, "--others", answers_file(folder / "warm.jsonl", dict.fromkeys(KEYS, said))]

    numbers = compare(tmp_path, "consistency", says, flags)
    answer, question = (score_of(numbers, metric) for metric in ("answer", "question"))
    assert (answer["before"]["value"], answer["after"]["value"], answer["verdict"]) == (4, 7, "better")
    assert (question["before"]["value"], question["after"]["value"], question["verdict"]) == (9, 8, "worse")
    assert answer["p_value"] == question["p_value"] == ALL_ALIKE
    assert score_of(numbers, "answer", "warm")["after"]["value"] == 7
    assert (numbers["headline"]["metric"], numbers["verdict"]) == ("answer", "better")


def test_grades_of_other_judges_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = mmvet_flags(tmp_path, {"before": ["0.2"] * N, "after": ["1.0"] * N}, runs=1)
    for side in ("before", "after"):
        with judging(last_cell) as judge:
            assert bench("mmvet", judge.flag, tmp_path / side, *flags(side)) == 0
    said = not_compared(capsys, tmp_path / "before", tmp_path / "after")
    assert "differ in their judge model" in said
