"""Takes human ratings that dialogues bring with them into the store: the verb `review import`.

FIRE's files keep a rating beside each message (`human_rating`), and `burnish import` keeps it in the dialogue's facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from burnish.errors import RunError
from burnish.ids import content_key
from burnish.progress import tracked
from burnish.records import Dialogue, Json
from burnish.review.asks.scores import SCORES, dialogue_case
from burnish.review.cases import ReviewCase
from burnish.review.config import ImportRatingsConfig
from burnish.review.database import exclusively, open_database
from burnish.review.study import add_cases, add_ratings, add_study, find_study
from burnish.review.tables import RaterRow, StudyRow
from burnish.store import Run
from burnish.store.codec import dump

RATER = "imported"
"""Who gave them is not in the files: each is taken as one person's."""
_BATCH = 500


class ImportedRatings(NamedTuple):
    """What became of the ratings in a run."""

    dialogues: int
    """With at least one rating."""
    ratings: int
    news: int
    """Those that the store did not have."""
    unusable: int
    """Ratings that are not from 1 to 5, or of a message that is not rated."""


class _RatedItem(NamedTuple):
    case: ReviewCase
    values: dict[str, str]
    unusable: int


def import_ratings(config: ImportRatingsConfig) -> ImportedRatings:
    """Put the ratings of the run's dialogues into the store; a second call adds nothing.

    Raises RunError for a run without a rating, RatingsError for a store that cannot be used.
    """
    run = Run.open(Path(config.run))
    dialogues = ratings = news = unusable = 0
    found = _rated(run)
    with open_database(config.store) as engine:
        while batch := list(islice(found, _BATCH)):
            news += _keep(engine, run, batch)
            dialogues += sum(bool(rated.values) for rated in batch)
            ratings += sum(len(rated.values) for rated in batch)
            unusable += sum(rated.unusable for rated in batch)
    if not ratings:
        raise RunError(f"{run.path} holds no human rating from 1 to 5: import a FIRE file with `human_rating` into it.")
    return ImportedRatings(dialogues, ratings, news, unusable)


def _rated(run: Run) -> Iterator[_RatedItem]:
    """The dialogues that say anything of a rating."""
    for dialogue in tracked(run.records(Dialogue), "look for ratings", len(run), unit="dialogues"):
        case = dialogue_case(run, dialogue)
        named = dict(_ratings(dialogue))
        values = {item: str(value) for item, value in named.items() if item in case.items and _usable(value)}
        if named:
            yield _RatedItem(case, values, len(named) - len(values))


def _ratings(dialogue: Dialogue) -> Iterator[tuple[str, Json]]:
    """Every `human_rating` that is not null, by the item that it is of."""
    frame = dialogue.facts.get("fire")
    messages = frame.get("conversations") if isinstance(frame, dict) else None
    for number, message in enumerate(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("human_rating") is not None:
            yield f"{('response', 'feedback')[number % 2]}-{number // 2 + 1}", message["human_rating"]


def _usable(value: Json) -> bool:
    return type(value) is int and str(value) in SCORES.values


def _keep(engine: Engine, run: Run, batch: Sequence[_RatedItem]) -> int:
    with exclusively(engine) as connection, Session(connection) as session:
        rater = _rater(session, run)
        ids = add_cases(session, [rated.case for rated in batch])
        news = sum(add_ratings(session, rater, case, rated.values) for case, rated in zip(ids, batch, strict=True))
        session.flush()
    return news


def _rater(session: Session, run: Run) -> int:
    """The person whose ratings the run has; made with a study of its own when the first batch comes."""
    about: dict[str, Json] = {"imported": {**run.manifest.fingerprints}, "kind": run.manifest.kind}
    key = content_key(dump(about).encode())
    study: StudyRow = find_study(session, key) or add_study(session, key=key, ask="scores", about=about)
    found = session.scalars(select(RaterRow.id).where(RaterRow.study_id == study.id)).one_or_none()
    if found is not None:
        return found
    rater = RaterRow(study_id=study.id, name=RATER)
    session.add(rater)
    session.flush()
    return rater.id
