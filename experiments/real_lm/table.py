"""What the experiment found, as a table: every change with its interval and verdict, as `burnish compare` has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COMPARED = "compared "
"""How the names of comparisons begin."""
ALL = "all questions"
NUMBERS = {
    ("product", "exact_match"): "product, exact match (%)",
    ("category", "exact_match"): "category, exact match (%)",
    ("existence", "existence_accuracy"): "existence, accuracy (%)",
    ("existence", "missed"): "existence, missed (%)",
    ("existence", "invented"): "existence, invented (%)",
    ("description", "exact_match"): "description, exact match (%)",
    ("description", "soft_accuracy"): "description, F1 of words (%)",
    ("description", "tokens"): "description, tokens",
    (ALL, "turns"): "turns to the right answer",
    (ALL, "RR"): "put right by feedback (%)",
    (ALL, "accuracy_1"): "right at once (%)",
    (ALL, "accuracy_3"): "right by turn 3 (%)",
}
"""What the table calls a metric of a group of questions."""


def results(folder: Path) -> str:
    """The table of all comparisons in a folder of numbers, in Markdown."""
    rows = ["| | number | before | after | change (95 %) | verdict |", "|---|---|--:|--:|--:|---|"]
    for file in sorted(folder.glob(f"{COMPARED}*.json")):
        compared = json.loads(file.read_text(encoding="utf-8"))
        rows += [f"| {file.stem.removeprefix(COMPARED)} | {row}" for row in _rows(compared)]
    return "\n".join(rows) + "\n"


def _rows(compared: Mapping[str, Any]) -> Iterator[str]:
    found = {(one["group"], one["metric"]): one for one in compared["scores"]}
    for key, title in NUMBERS.items():
        if one := found.get(key):
            unit = 100 if title.endswith("(%)") else 1
            cells = [_number(one[when]["value"], unit) for when in ("before", "after")]
            yield " | ".join([title, *cells, _change(one["difference"], unit), f"{one['verdict']} |"])


def _number(value: float | None, unit: int) -> str:
    return "–" if value is None else f"{unit * value:.1f}"


def _change(difference: Mapping[str, float | None], unit: int) -> str:
    value, low, high = (difference[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "–"
    return f"{unit * value:+.1f} ({unit * low:+.1f} to {unit * high:+.1f})"
