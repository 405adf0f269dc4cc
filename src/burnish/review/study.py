"""A study in the store: its raters, what each of them is to rate, and what they have said so far."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, final

from sqlalchemy import Engine, distinct, func, select
from sqlalchemy.orm import Session

from burnish.records import Json
from burnish.review.cases import ReviewCase, case_key, case_text, read_case
from burnish.review.database import exclusively
from burnish.review.plan import Assigned
from burnish.review.tables import AssignmentRow, CaseRow, RaterRow, RatingRow, StudyRow
from burnish.store.codec import dump


class StudyPlan(NamedTuple):
    """What a new study consists of."""

    cases: Sequence[ReviewCase]
    assigned: Sequence[Sequence[Assigned]]
    """By rater."""


class Rater(NamedTuple):
    """A person, within the study."""

    id: int
    name: str
    token: str
    """What their link holds; whoever has it is them."""


class ShownCase(NamedTuple):
    """A case as it comes up for a rater."""

    id: int
    case: ReviewCase
    swapped: bool
    values: Mapping[str, str]
    """What the rater has said of it, by item."""


class RaterProgress(NamedTuple):
    """How far a rater is: for each case in their order, whether every item of it is rated."""

    complete: tuple[bool, ...]

    @property
    def done(self) -> int:
        """Complete cases."""
        return sum(self.complete)

    def open_after(self, position: int) -> int | None:
        """The position, from 1, of the next case that is not complete, from the beginning again at the end."""
        order = [*range(position, len(self.complete)), *range(position)]
        return next((place + 1 for place in order if not self.complete[place]), None)


@final
class Study:
    """One study; every method is a transaction of its own, and any number of threads may call it."""

    def __init__(self, engine: Engine, row: StudyRow) -> None:
        self._engine, self.ask = engine, row.ask
        with Session(engine) as session:
            rows = session.scalars(select(RaterRow).where(RaterRow.study_id == row.id).order_by(RaterRow.id)).all()
            self.raters = tuple(Rater(rater.id, rater.name, _token(row.secret, rater.name)) for rater in rows)

    @classmethod
    def begin(
        cls, engine: Engine, *, key: str, ask: str, about: Mapping[str, Json], plan: Callable[[], StudyPlan]
    ) -> Study:
        """The study with this key, as it was first begun; where there is none, the one that `plan` makes."""
        with exclusively(engine) as connection, Session(connection, expire_on_commit=False) as session:
            study = find_study(session, key)
            if study is None:
                study = add_study(session, key=key, ask=ask, about=about)
                _add_plan(session, study, plan())
            session.flush()
            session.expunge(study)
        return cls(engine, study)

    def progress(self, rater: Rater) -> RaterProgress:
        """Which of the rater's cases are complete."""
        rated = func.count(distinct(RatingRow.item))
        query = (
            select(CaseRow.items <= rated)
            .select_from(AssignmentRow)
            .join(CaseRow, CaseRow.id == AssignmentRow.case_id)
            .outerjoin(
                RatingRow,
                (RatingRow.rater_id == AssignmentRow.rater_id) & (RatingRow.case_id == AssignmentRow.case_id),
            )
            .where(AssignmentRow.rater_id == rater.id)
            .group_by(AssignmentRow.position, CaseRow.items)
            .order_by(AssignmentRow.position)
        )
        with Session(self._engine) as session:
            return RaterProgress(tuple(bool(complete) for complete in session.scalars(query)))

    def shown(self, rater: Rater, position: int) -> ShownCase | None:
        """The rater's case at a position from 1; None where there is none."""
        query = (
            select(CaseRow, AssignmentRow.swapped)
            .join(AssignmentRow, AssignmentRow.case_id == CaseRow.id)
            .where(AssignmentRow.rater_id == rater.id, AssignmentRow.position == position)
        )
        with Session(self._engine) as session:
            found = session.execute(query).one_or_none()
            if found is None:
                return None
            row, swapped = found
            case = read_case(row.content)
            return ShownCase(row.id, case, swapped, ratings_so_far(session, rater.id, row.id))

    def save(self, rater: Rater, case_id: int, values: Mapping[str, str]) -> None:
        """Keep what a rater says, by item; it is on the disk when this returns."""
        with Session(self._engine) as session, session.begin():
            add_ratings(session, rater.id, case_id, values)


def find_study(session: Session, key: str) -> StudyRow | None:
    """The study with this key."""
    return session.scalars(select(StudyRow).where(StudyRow.key == key)).one_or_none()


def add_study(session: Session, *, key: str, ask: str, about: Mapping[str, Json]) -> StudyRow:
    """A new study, without raters."""
    study = StudyRow(key=key, ask=ask, secret=secrets.token_hex(32), about=dump(dict(about)), created=_now())
    session.add(study)
    session.flush()
    return study


def add_cases(session: Session, cases: Iterable[ReviewCase]) -> list[int]:
    """The cases' ids in the store, each put there if it is new."""
    ids = []
    for case in cases:
        key = case_key(case)
        found = session.scalars(select(CaseRow.id).where(CaseRow.key == key)).one_or_none()
        if found is None:
            row = CaseRow(key=key, items=len(case.items), content=case_text(case))
            session.add(row)
            session.flush()
            found = row.id
        ids.append(found)
    return ids


def add_ratings(session: Session, rater_id: int, case_id: int, values: Mapping[str, str]) -> int:
    """How many of the values, by item, were news, and are added."""
    known = ratings_so_far(session, rater_id, case_id)
    news = {item: value for item, value in values.items() if known.get(item) != value}
    session.add_all(
        RatingRow(rater_id=rater_id, case_id=case_id, item=item, value=value, at=_now()) for item, value in news.items()
    )
    return len(news)


def ratings_so_far(session: Session, rater_id: int, case_id: int) -> dict[str, str]:
    """The last rating of each item."""
    query = (
        select(RatingRow.item, RatingRow.value)
        .where(RatingRow.rater_id == rater_id, RatingRow.case_id == case_id)
        .order_by(RatingRow.id)
    )
    return {row.item: row.value for row in session.execute(query)}


def _add_plan(session: Session, study: StudyRow, plan: StudyPlan) -> None:
    cases = add_cases(session, plan.cases)
    for number, assigned in enumerate(plan.assigned, start=1):
        rater = RaterRow(study_id=study.id, name=f"rater {number}")
        session.add(rater)
        session.flush()
        session.add_all(
            AssignmentRow(rater_id=rater.id, case_id=cases[case], position=position, swapped=swapped)
            for position, (case, swapped) in enumerate(assigned, start=1)
        )


def _token(secret: str, name: str) -> str:
    """Derived, so that a restarted server knows every link again."""
    return hmac.new(secret.encode(), name.encode(), "sha256").hexdigest()[:40]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
