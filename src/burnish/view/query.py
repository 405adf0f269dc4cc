"""From what a reader chose to the numbers of the records on one page, in milliseconds among a million.

What is filtered and sorted is scanned in `cards` or in one of its indexes, at most once. Words are looked up in the
full-text index; hits beyond MOST_COUNTED are not counted, and beyond MOST_SORTED not sorted, and the page says so.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from burnish.report.finding import Choices, RecordFilter
from burnish.view.index import id_key
from burnish.view.schema import column, tag
from burnish.view.terms import expression

PAGE = 50
"""Records on a page."""
MOST_COUNTED = 10_000
"""Records that hold the words searched for are counted up to here."""
MOST_SORTED = 100_000
"""Where more hold them, only the first so many are looked at for their numbers."""
_FEW = 20_000
"""So many are sorted faster than a million scanned."""


class CheckedQuery(NamedTuple):
    """A reader's choice, checked, with the ids of names; -1 is a name that no record has."""

    words: str
    filters: tuple[tuple[str, int], ...]
    """Columns of `cards` and their values."""
    column: str
    """The number's column that the rest is about."""
    least: float | None
    most: float | None
    order: str

    @property
    def has_limits(self) -> bool:
        """Whether records are filtered by the number."""
        return self.least is not None or self.most is not None


class ResultPage(NamedTuple):
    """A page's records, and how many there are in all."""

    numbers: tuple[int, ...]
    total: int
    more: bool = False
    """Whether there are more than `total`."""
    cut: bool = False
    """Whether only the first MOST_SORTED that hold the words were looked at."""


def choices_in(index: sqlite3.Connection) -> Choices:
    """What there is to choose from; the reasons for which examples were dropped come last."""
    runs = _names(index, "select name from parts order by part")
    sources = _names(index, "select name from sources order by name")
    labels = _names(
        index,
        "select name from labels join groups on label = id group by id order by min(dropped), name",
    )
    return Choices(runs, sources, labels, _names(index, "select name from numbers order by id"))


def check(index: sqlite3.Connection, choice: RecordFilter) -> CheckedQuery:
    """What a choice means in this index. Raises ValueError, with a sentence, for one that means nothing."""
    filters = [
        (what, _id(index, table, name))
        for what, table, name in (
            ("part", "parts", choice.run),
            ("source", "sources", choice.source),
            ("label", "labels", choice.label),
        )
        if name
    ]
    if _has_dropped(index) and not _is_reason(index, choice.label):  # these are shown to those who choose a reason
        filters.append(("dropped", 0))
    least, most = _limit("from", choice.least), _limit("to", choice.most)
    if choice.order not in ("", "rising", "falling"):
        raise ValueError(f"order is {choice.order!r}, which is neither rising nor falling.")
    by = ""
    if choice.order or least is not None or most is not None:
        known = _names(index, "select name from numbers order by id")
        if choice.by not in known:
            raise ValueError(
                f"by is {choice.by!r}, which is not one of the numbers: {', '.join(known) or 'none so far'}."
            )
        by = column(_id(index, "numbers", choice.by))
    return CheckedQuery(choice.q.strip(), tuple(filters), by, least, most, choice.order)


def find(index: sqlite3.Connection, wanted: CheckedQuery, offset: int) -> ResultPage:
    """The records from `offset` on, a page of them."""
    return _search(index, wanted, offset) if wanted.words else _browse(index, wanted, offset)


def find_id(index: sqlite3.Connection, record_id: str) -> int | None:
    """The number of the first record with this id; None where there is none."""
    match = f'tags : "{tag("id", id_key(record_id))}"'
    row = index.execute("select rowid from words where words match ? order by rowid limit 1", (match,)).fetchone()
    return None if row is None else int(row[0])


def _browse(index: sqlite3.Connection, wanted: CheckedQuery, offset: int) -> ResultPage:
    where, values = _conditions(wanted)
    counted = "count(*) from cards" if wanted.has_limits else "coalesce(sum(records), 0) from groups"
    total = _one(index, f"select {counted} where {where}", values)
    table = "cards" if wanted.order or (wanted.has_limits and total <= _FEW) else "cards not indexed"
    count = max(0, min(PAGE, total - offset))
    # What lies nearer to the end is reached from there.
    backwards = offset > total // 2
    skipped = total - offset - count if backwards else offset
    order = _order(wanted, backwards=backwards)
    query = f"select number from {table} where {where} order by {order} limit ? offset ?"
    numbers = _numbers(index, query, (*values, count, skipped))
    return ResultPage(numbers[::-1] if backwards else numbers, total)


def _search(index: sqlite3.Connection, wanted: CheckedQuery, offset: int) -> ResultPage:
    words = expression(wanted.words)
    if not words:
        return ResultPage((), 0)
    tags = " AND ".join(f'"{tag(name, value)}"' for name, value in wanted.filters)
    match = f"text : ({words})" + (f" AND tags : ({tags})" if tags else "")
    hits = "select rowid as hit from words where words match ? order by rowid limit ?"
    if not wanted.column:
        first = _numbers(index, hits, (match, MOST_COUNTED + 1))
        more = len(first) > MOST_COUNTED
        is_far = more and offset + PAGE > MOST_COUNTED
        numbers = _numbers(index, f"{hits} offset ?", (match, PAGE, offset)) if is_far else first[offset:][:PAGE]
        return ResultPage(numbers, min(len(first), MOST_COUNTED), more)
    hit = _one(index, f"select count(*) from ({hits})", (match, MOST_SORTED + 1))
    where, values = _conditions(wanted._replace(filters=()))
    joined, given = f"from ({hits}) join cards on number = hit where {where}", (match, MOST_SORTED, *values)
    total = _one(index, f"select count(*) {joined}", given) if wanted.has_limits else min(hit, MOST_SORTED)
    order = _order(wanted, backwards=False)
    numbers = _numbers(index, f"select number {joined} order by {order} limit ? offset ?", (*given, PAGE, offset))
    return ResultPage(numbers, total, cut=hit > MOST_SORTED)


def _conditions(wanted: CheckedQuery) -> tuple[str, list[float]]:
    """What stands after `where`, and its values."""
    conditions, values = [f"{name} = ?" for name, _ in wanted.filters], [float(value) for _, value in wanted.filters]
    for sign, value in ((">=", wanted.least), ("<=", wanted.most)):
        if value is not None:
            conditions.append(f"{wanted.column} {sign} ?")
            values.append(value)
    return " and ".join(conditions) or "true", values


def _order(wanted: CheckedQuery, *, backwards: bool) -> str:
    """What stands after `order by`: records without the number come last, either way."""
    if not wanted.order:
        return "number desc" if backwards else "number"
    if wanted.order == "rising":
        terms = "{} desc nulls first, number desc" if backwards else "{} asc nulls last, number"
    else:
        terms = "{} asc nulls first, number" if backwards else "{} desc nulls last, number desc"
    return terms.format(wanted.column)


def _has_dropped(index: sqlite3.Connection) -> bool:
    """Whether there are records to be left out: what need not be looked at costs nothing."""
    return _one(index, "select count(*) from groups where dropped") > 0


def _is_reason(index: sqlite3.Connection, label: str) -> bool:
    """Whether examples were dropped for this reason."""
    known = "select count(*) from groups join labels on label = id where dropped and name = ?"
    return bool(label) and _one(index, known, (label,)) > 0


def _limit(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ValueError(f"{name} is {text!r}, which is not a number.")
    return value


def _id(index: sqlite3.Connection, table: str, name: str) -> int:
    key = "part" if table == "parts" else "id"
    row = index.execute(f"select {key} from {table} where name = ?", (name,)).fetchone()
    return -1 if row is None else int(row[0])


def _names(index: sqlite3.Connection, query: str) -> tuple[str, ...]:
    return tuple(name for (name,) in index.execute(query) if name)


def _numbers(index: sqlite3.Connection, query: str, values: Sequence[object]) -> tuple[int, ...]:
    return tuple(number for (number,) in index.execute(query, tuple(values)))


def _one(index: sqlite3.Connection, query: str, values: Sequence[object] = ()) -> int:
    return int(index.execute(query, tuple(values)).fetchone()[0])
