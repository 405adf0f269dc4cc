"""One answer in another harness's results, and what every reader of these gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class ResultRow(NamedTuple):
    """An answer with the numbers that the harness gave it."""

    task: str
    id: str
    question: str
    truth: str
    text: str
    scores: Mapping[str, float]
    group: str = ""
    """A part of the task; empty for none."""
    picture: str = ""
    """What tells questions about one picture; empty where nothing does."""


class Results(NamedTuple):
    """All of them."""

    rows: Sequence[ResultRow]
    lower: frozenset[str] = frozenset()
    """Numbers that are better the lower they are."""
    note: str = ""
    """What else is to be known of the numbers."""


def number_of(value: object) -> float | None:
    """A number, a truth value or their text as a number; None for anything else."""
    if isinstance(value, str):
        value = {"true": 1.0, "false": 0.0}.get(value.strip().lower(), value)
    try:
        found = float(value) if isinstance(value, bool | int | float | str) else None
    except ValueError:
        return None
    return found if found is not None and found - found == 0 else None
