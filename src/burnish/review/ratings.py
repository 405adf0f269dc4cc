"""What people have said, read from the store: one object a rating, the last of each rater on each item."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from burnish.review.cases import kind_of, read_case
from burnish.review.tables import CaseRow, RaterRow, RatingRow

_BATCH = 5_000
"""Rows in memory at once."""


class Rating(NamedTuple):
    """One rating that counts; the names are those of the columns in files."""

    ask: str
    split: str
    source: str
    record: str
    """The id of the record in its run."""
    case: int
    """The case's id in the store."""
    item: str
    kind: str
    rater: str
    """Study and name: the same name in another study may be another person."""
    value: str
    at: str
    """ISO 8601, UTC."""


def read_ratings(engine: Engine) -> Iterator[Rating]:
    """Every rating that counts, case by case, in the order in which cases came into the store."""
    query = (
        select(RatingRow.case_id, RatingRow.item, RatingRow.value, RatingRow.at, RaterRow.study_id, RaterRow.name)
        .add_columns(CaseRow.content)
        .join(RaterRow, RaterRow.id == RatingRow.rater_id)
        .join(CaseRow, CaseRow.id == RatingRow.case_id)
        .order_by(RatingRow.case_id, RatingRow.id)
        .execution_options(yield_per=_BATCH)
    )
    with Session(engine) as session:
        for case_id, rows in groupby(session.execute(query), key=lambda row: row.case_id):
            last = {(row.study_id, row.name, row.item): row for row in rows}
            case = read_case(next(iter(last.values())).content)
            for (study, name, item), row in sorted(last.items()):
                yield Rating(
                    ask=case.ask,
                    split=case.split,
                    source=case.source,
                    record=case.record,
                    case=case_id,
                    item=item,
                    kind=kind_of(item),
                    rater=f"{name} (study {study})",
                    value=row.value,
                    at=row.at,
                )
