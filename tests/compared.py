"""What the tests of `burnish compare` share: the verb called as a user does, and results of POPE made for them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from burnish.cli import main

INSTRUCTION = "Answer the question using a single word or phrase."


def compared(before: Path, after: Path, *words: object) -> dict[str, Any]:
    """The JSON that `burnish compare` writes."""
    out = after.parent / f"{before.stem}-{after.stem}.json"
    page = after.parent / f"{before.stem}-{after.stem}"
    assert main(["compare", str(before), str(after), "--json", str(out), "--out", str(page), *map(str, words)]) == 0
    numbers: dict[str, Any] = json.loads(out.read_text())
    return numbers


def not_compared(capsys: pytest.CaptureFixture[str], before: Path, after: Path, *words: object) -> str:
    """The one sentence with which it refuses."""
    capsys.readouterr()
    assert main(["compare", str(before), str(after), *map(str, words)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("burnish: ") and said.count("\n") == 1, said
    return said


def score_of(numbers: dict[str, Any], metric: str, group: str = "all questions") -> dict[str, Any]:
    """The one score of a metric over a group."""
    (found,) = [one for one in numbers["scores"] if (one["metric"], one["group"]) == (metric, group)]
    score: dict[str, Any] = found
    return score


def pope_result(
    folder: Path,
    name: str,
    labels: Sequence[str],
    said: Sequence[str],
    *,
    prompt: str | None = None,
    split: str = "random",
) -> Path:
    """The JSON of `burnish score pope`, each question about a picture of its own; `prompt` has a place {question}."""
    questions = folder / f"coco_pope_{split}.json"
    rows = [
        {"question_id": i, "image": f"{i}.jpg", "text": f"Is there a cup {i}?", "label": label}
        for i, label in enumerate(labels, start=1)
    ]
    questions.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    predictions = folder / f"{name}.jsonl"
    lines: list[dict[str, object]] = [{"question_id": i, "text": text} for i, text in enumerate(said, start=1)]
    if prompt is not None:
        lines = [{**line, "prompt": prompt.format(question=row["text"])} for line, row in zip(lines, rows, strict=True)]
    predictions.write_text("".join(f"{json.dumps(line)}\n" for line in reversed(lines)))
    out = folder / f"{name}.json"
    words = ["--questions", questions, "--predictions", predictions, "--json", out]
    assert main(["score", "pope", *map(str, words)]) == 0
    return out
