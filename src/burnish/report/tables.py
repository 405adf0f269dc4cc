"""Tables, and how they read in Markdown: aligned, numbers to the right, each with its interval.

How they look on a terminal is decided in `terminal.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from burnish.scores import Direction, Estimate, Metric

PLUS_MINUS = " ± "
NOTHING = "–"
"""Stands for a number that is undefined."""
ARROWS: Mapping[Direction, str] = {"higher": "↑", "lower": "↓", "neither": ""}
"""To the better side, as in the papers' headings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text, by row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: frozenset[int] = frozenset({0})
    """Columns of words, aligned to the left; all others hold numbers."""
    note: str = ""
    best: frozenset[tuple[int, int]] = frozenset()
    """Row and column, from 0, of the numbers that are best in theirs."""


def to_markdown(table: Table) -> str:
    """The table for a Markdown page (GitHub's tables), aligned in the source too."""
    columns = _aligned(replace(table, rows=_emboldened(table)))
    marks = [
        "-" * _width(column[0]) if i in table.text_columns else "-" * (_width(column[0]) - 1) + ":"
        for i, column in enumerate(columns)
    ]
    lines = [_markdown_line(cells) for cells in zip(*columns, strict=True)]
    parts = [f"### {table.title}", "", lines[0], _markdown_line(marks), *lines[1:]]
    return "\n".join([*parts, *(["", table.note] if table.note else [])])


def _emboldened(table: Table) -> tuple[tuple[str, ...], ...]:
    """The rows, what is best between stars."""
    return tuple(
        tuple(f"**{cell}**" if (i, j) in table.best else cell for j, cell in enumerate(row))
        for i, row in enumerate(table.rows)
    )


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def number(estimate: Estimate, metric: Metric, *, signed: bool = False) -> str:
    """ "71.3 ± 2.9": the value, and the farther of its interval's ends; in percent for shares."""
    if estimate.value is None:
        return NOTHING
    scale = 100 if metric.unit == "%" else 1
    digits = 2 if metric.unit == "points" and abs(estimate.value) < 100 else 1
    rounded = round(scale * estimate.value, digits) or 0.0  # no -0.0
    value = f"{rounded:{'+' if signed else ''}.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return value
    margin = max(estimate.value - estimate.low, estimate.high - estimate.value)
    return f"{value}{PLUS_MINUS}{scale * margin:.{digits}f}"


def p_value(value: float | None) -> str:
    """Three digits, which is all that 2,000 draws can tell."""
    if value is None:
        return NOTHING
    return f"{value:.3f}" if value >= 0.001 else "<0.001"


def _aligned(table: Table) -> list[list[str]]:
    """Every column's cells, the heading first, padded to one width."""
    cells = list(zip(*[table.columns, *table.rows], strict=True))
    return [
        _left(column) if i in table.text_columns else _right(align_margins(column)) for i, column in enumerate(cells)
    ]


def align_margins(column: Sequence[str]) -> list[str]:
    """Make what follows ± equally wide, so that the signs stand below each other."""
    widest = max((len(cell.partition(PLUS_MINUS)[2]) for cell in column), default=0)

    def pad(cell: str) -> str:
        value, sign, margin = cell.partition(PLUS_MINUS)
        return f"{value}{sign}{margin:>{widest}}" if sign else cell

    return [pad(cell) for cell in column]


def _left(column: Sequence[str]) -> list[str]:
    width = max(map(_width, column))
    return [cell + " " * (width - _width(cell)) for cell in column]


def _right(column: Sequence[str]) -> list[str]:
    width = max(map(_width, column))
    return [" " * (width - _width(cell)) + cell for cell in column]


def _width(text: str) -> int:
    """Columns of a terminal that the text takes: Chinese, Japanese and Korean characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def share_of(part: int, whole: int) -> str:
    """ "62.0 %", or nothing of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else NOTHING


def decimal(value: float | None) -> str:
    """One digit after the point."""
    return NOTHING if value is None else f"{value:.1f}"
