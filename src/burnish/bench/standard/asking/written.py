"""How answers are written: whole files, in the forms that official scorers and `burnish score` read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from burnish.bench.standard.asking.base import AnsweredQuestion
from burnish.store.codec import dump
from burnish.store.disk import explained, write_whole

PREDICTIONS = "predictions.jsonl"
SUBMISSION = "submission.json"
DOCUMENT = "predictions.json"


def write_answers(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """The model's own words, as LLaVA writes them."""
    rows = (
        {"question_id": number(one.asked.id), "prompt": one.asked.question, "text": one.text} for one in predictions
    )
    write_lines(folder / PREDICTIONS, rows)


def number(key: str) -> int | str:
    """An id as official files have it: a whole number where it is one."""
    return int(key) if key.isdecimal() else key


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """JSON lines."""
    write_text(path, "".join(f"{dump(row)}\n" for row in rows))


def write_document(path: Path, value: object) -> None:
    """One JSON document."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Raises RunError where it cannot be written."""
    with explained(path, "written"):
        path.parent.mkdir(exist_ok=True)
        write_whole(path, text.encode(), sync=False)


def write_by_key(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """One object, {"v1_0": "…"}, as the official evaluators of MM-Vet and SHR read answers."""
    write_document(folder / DOCUMENT, {one.asked.id: one.text for one in predictions})


def for_a_judge(_predictions: Sequence[AnsweredQuestion]) -> None:
    """No scores: only a judge can tell."""
