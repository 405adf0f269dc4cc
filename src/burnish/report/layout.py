"""How a table's columns share the width of a terminal: numbers are never broken, words wrap, columns move below."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import NamedTuple

from rich.cells import cell_len

GAP = 2
"""Spaces between two columns."""
LONGEST_WORD = 24
"""A longer word in a column of words (a path, a name without spaces) may be broken."""

SHORT = 16
"""A column of words that needs no more than this is not wrapped."""


class Placed(NamedTuple):
    """A column of the table, and the width that it gets."""

    column: int
    width: int


class _ColumnWidth(NamedTuple):
    """A column's width with all of it on one line, and with its words below one another."""

    least: int
    most: int


def fit(columns: Sequence[Sequence[str]], words: Collection[int], width: int) -> list[list[Placed]]:
    """The tables, one below the other, that hold all columns within `width`; what names the rows begins each.

    `columns` are cells, the heading first; those in `words` may wrap anywhere between words, of the others the
    heading only. A column whose numbers alone exceed `width` gets what it needs.
    """
    spans = [_words_span(cells) if i in words else _numbers_span(cells) for i, cells in enumerate(columns)]
    names = _names(spans, words, width)
    parts = [[*names]]
    for column in range(len(names), len(columns)):
        full = _total([spans[i].least for i in (*parts[-1], column)]) > width
        if full and len(parts[-1]) > len(names):
            parts.append([*names])
        parts[-1].append(column)
    return [_share(part, spans, width) for part in parts]


def _names(spans: Sequence[_ColumnWidth], words: Collection[int], width: int) -> list[int]:
    """The columns of words that a table begins with, if any other has room beside them; else the first column."""
    names = list(takewhile(words.__contains__, range(len(spans))))
    widest = max((span.least for span in spans[len(names) :]), default=0)
    return names if names and _total([*(spans[i].least for i in names), widest]) <= width else [0]


def _share(part: Sequence[int], spans: Sequence[_ColumnWidth], width: int) -> list[Placed]:
    """Every column its least, and what is left, one by one, to the column that wants most for what it has."""
    widths = {column: spans[column].least for column in part}
    for _ in range(width - _total(list(widths.values()))):
        wanting = [column for column in part if widths[column] < spans[column].most]
        if not wanting:
            break
        widths[max(wanting, key=lambda column: spans[column].most / widths[column])] += 1
    return [Placed(column, widths[column]) for column in part]


def _words_span(cells: Sequence[str]) -> _ColumnWidth:
    most = max(1, *map(cell_len, cells))
    return _ColumnWidth(most if most <= SHORT else min(_longest_word(cells), LONGEST_WORD), most)


def _numbers_span(cells: Sequence[str]) -> _ColumnWidth:
    heading, *numbers = cells
    least = max(1, _longest_word([heading]), *map(cell_len, numbers))
    return _ColumnWidth(least, max(least, cell_len(heading)))


def _longest_word(cells: Sequence[str]) -> int:
    return max((cell_len(word) for cell in cells for word in cell.split()), default=0)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)
