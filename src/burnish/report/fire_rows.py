"""Rows of FIRE-Bench's tables: a model, its margins, what it is measured by, and the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.report.tables import ARROWS, NOTHING, Table, p_value
from burnish.scores import BETTER, Bounds, Change

UNDECIDED = "open"
"""In the place of "undecided", which would make a table too wide."""
VERDICT_NOTE = "A verdict needs p < 0.05 and an interval of the change without 0."
_NAME = 22
"""Characters of a model's name in a column."""


def metric_table(title: str, columns: Mapping[str, str], rows: Sequence[tuple[str, ...]], note: str) -> Table:
    """A column for each metric, headed by its name."""
    headings = (heading(name, shown) for name, shown in columns.items())
    return Table(title=title, columns=("", *headings), rows=tuple(rows), note=note)


def heading(name: str, shown: str) -> str:
    """With the paper's arrow to the better side."""
    return f"{shown} {ARROWS[BETTER[name]]}"


def row(label: str, columns: Mapping[str, str], values: Mapping[str, float | None]) -> tuple[str, ...]:
    """A model's values; its name is cut at the front."""
    short = label if len(label) <= _NAME else f"…{label[1 - _NAME :]}"  # an adapter's name stands at the end
    return short, *(two(values.get(name)) for name in columns)


def margins(
    label: str, columns: Mapping[str, str], values: Mapping[str, float | None], intervals: Mapping[str, Bounds]
) -> tuple[str, ...]:
    """How far each value's interval reaches."""
    return row(label, columns, {name: half_width(values.get(name), intervals.get(name)) for name in columns})


def half_width(value: float | None, bounds: Bounds | None) -> float | None:
    """The farther of the interval's ends."""
    return None if value is None or bounds is None else max(value - bounds[0], bounds[1] - value)


def before_rows(name: str, columns: Mapping[str, str], changes: Mapping[str, Change]) -> list[tuple[str, ...]]:
    """What the changes are from; nothing without changes."""
    return [row(name, columns, {m: change.before for m, change in changes.items()})] if changes else []


def change_rows(columns: Mapping[str, str], changes: Mapping[str, Change]) -> list[tuple[str, ...]]:
    """How many times the baseline's, and whether chance would say so."""
    if not changes:
        return []
    known = [changes.get(name) for name in columns]
    return [
        row("  times the baseline's", columns, {name: change.ratio for name, change in changes.items()}),
        ("  p", *(p_value(change.p_value) if change else NOTHING for change in known)),
        ("  verdict", *(_verdict(change) if change else NOTHING for change in known)),
    ]


def _verdict(change: Change) -> str:
    return UNDECIDED if change.verdict == "undecided" else change.verdict


def two(value: float | None) -> str:
    """Two decimals, as the paper has."""
    return NOTHING if value is None else f"{round(value, 2) or 0.0:.2f}"
