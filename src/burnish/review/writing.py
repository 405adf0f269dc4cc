"""The verb `review summary`: counts what the store holds, and writes it as files for other tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from burnish.errors import RatingsError
from burnish.progress import tracked
from burnish.review.config import ReviewSummaryConfig
from burnish.review.database import database_exists, open_database
from burnish.review.ratings import Rating, read_ratings
from burnish.review.summary import RatingTally
from burnish.scores import ReviewMean, ReviewScores

_BATCH = 10_000
"""Rows in memory, and in one row group of Parquet."""


class Summary(NamedTuple):
    """What people said, and the files it was written to."""

    scores: ReviewScores
    files: tuple[Path, ...]


def summarise(config: ReviewSummaryConfig) -> Summary:
    """Count the ratings of the store, and write them to `config.out` where that is given.

    Raises RatingsError for a store that cannot be used or holds no rating.
    """
    if not database_exists(config.store):
        raise RatingsError(f"There is no {config.store}: give --store what `burnish review` was given.")
    with open_database(config.store) as engine:
        tally = RatingTally()
        for rating in tracked(read_ratings(engine), "count ratings", unit="ratings"):
            tally.add(rating)
        scores = tally.scores()
        if not scores.ratings:
            raise RatingsError(f"{config.store} holds no rating yet: `burnish review` asks for some.")
        return Summary(scores, _write_files(Path(config.out), engine, scores) if config.out else ())


def _write_files(out: Path, engine: Engine, scores: ReviewScores) -> tuple[Path, ...]:
    out.mkdir(parents=True, exist_ok=True)
    ratings = _write(out / "ratings", Rating._fields, tracked(read_ratings(engine), "write ratings", unit="ratings"))
    return (*ratings, *_write(out / "means", _MeanRating._fields, map(_mean, scores.means)))


class _MeanRating(NamedTuple):
    """One mean, flat."""

    ask: str
    kind: str
    level: str
    group: str
    n: int
    mean: float | None
    low: float | None
    high: float | None


def _mean(mean: ReviewMean) -> _MeanRating:
    estimate = mean.estimate
    return _MeanRating(
        mean.ask, mean.kind, mean.level, mean.group, estimate.n, estimate.value, estimate.low, estimate.high
    )


def _write(path: Path, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> tuple[Path, Path]:
    """The rows as CSV and as Parquet, streamed."""
    import pyarrow as pa
    from pyarrow.csv import CSVWriter
    from pyarrow.parquet import ParquetWriter

    comma, parquet = path.with_suffix(".csv"), path.with_suffix(".parquet")
    numbers = {"case": pa.int64(), "n": pa.int64(), "mean": pa.float64(), "low": pa.float64(), "high": pa.float64()}
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in columns])
    with CSVWriter(comma, schema) as first, ParquetWriter(parquet, schema) as second:
        for batch in _batches(rows):
            table = pa.table(dict(zip(columns, zip(*batch, strict=True), strict=True)), schema=schema)
            first.write_table(table)
            second.write_table(table)
    return comma, parquet


def _batches(rows: Iterable[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch
