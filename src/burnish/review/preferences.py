"""What people chose on the review page, as preference pairs to train on (`burnish import pairs review:STORE`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import final

from sqlalchemy import select
from sqlalchemy.orm import Session

from burnish.errors import ConfigError, ImageError, RatingsError
from burnish.records import Answer, Dropped, PreferencePair, Rejected
from burnish.review.asks.base import CHOICES
from burnish.review.cases import ReviewCase, read_case
from burnish.review.database import database_exists, open_database
from burnish.review.tables import CaseRow, RaterRow, RatingRow
from burnish.store import Run, first_picture
from burnish.store.codec import fingerprint_of

_SIDES = ("first", "second")


@final
class ReviewedPairs:
    """The cases of a store between two answers: the one that most raters chose over the other is chosen."""

    def __init__(self, store: str, runs: Sequence[str]) -> None:
        """`runs` are those that were reviewed, which keep the pictures.

        Raises RatingsError for a store that is not there, ConfigError where no run is given.
        """
        if not database_exists(store):
            raise RatingsError(f"There is no {store}: write review: and what `burnish review --store` was given.")
        if not runs:
            raise ConfigError("--runs is missing: name the runs that were reviewed, which keep the pictures.")
        self._store, self._runs = store, [Run.open(Path(run)) for run in runs]

    @cached_property
    def fingerprint(self) -> str:
        """Of the pairs."""
        return fingerprint_of(self)

    def __iter__(self) -> Iterator[PreferencePair | Dropped]:
        """One for each case that somebody rated, in the order in which cases came into the store."""
        with open_database(self._store) as engine, Session(engine) as session:
            query = (
                select(RatingRow.case_id, RatingRow.value, RatingRow.item, RatingRow.rater_id, CaseRow.content)
                .join(RaterRow, RaterRow.id == RatingRow.rater_id)
                .join(CaseRow, CaseRow.id == RatingRow.case_id)
                .order_by(RatingRow.case_id, RatingRow.id)
            )
            with closing(session.execute(query)) as rows:
                for case_id, of_case in groupby(rows, key=lambda row: row.case_id):
                    last = {row.rater_id: row for row in of_case}
                    case = read_case(next(iter(last.values())).content)
                    if len(case.passages) == len(_SIDES):
                        yield _outcome(case, case_id, Counter(row.value for row in last.values()))

    def picture(self, image: str) -> bytes:
        """The picture that one of the runs keeps."""
        if (kept := first_picture(self._runs, image)) is None:
            raise ImageError("missing image", f"None of --runs keeps the picture {image}.")
        return kept


def _outcome(case: ReviewCase, case_id: int, votes: Counter[str]) -> PreferencePair | Dropped:
    name = f"{case.record}, case {case_id}"
    votes_shown = ", ".join(f"{votes[option.stored]} {option.stored}" for option in CHOICES if votes[option.stored])
    better, worse = sorted(_SIDES, key=lambda side: -votes[side])
    if votes[better] == votes[worse] or votes[better] <= votes.total() / 2:
        return Dropped(id=name, source=case.source, reason="no majority", detail=votes_shown)
    texts = {side: _text(case, number) for number, side in enumerate(_SIDES)}
    return PreferencePair(
        id=name,
        image=case.images[0],
        more_images=tuple(case.images[1:]),
        question=case.question,
        chosen=Answer(text=texts[better]),
        rejected=(Rejected(distortion="", seed=0, answer=Answer(text=texts[worse])),),
        source=case.source,
        answer=case.truth,
        facts={"votes": dict(votes)},
    )


def _text(case: ReviewCase, number: int) -> str:
    """What one side answered: its last part, which follows a thought where there is one."""
    return case.passages[number].parts[-1].text.strip()
