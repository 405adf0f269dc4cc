"""Records of a run that is viewed, read one by one where the index says that they stand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from burnish.errors import RunError
from burnish.records import Record
from burnish.store import Run
from burnish.store.codec import from_line
from burnish.store.places import Place, line_at
from burnish.view.index import ViewedRun, parts_in


class Stored(NamedTuple):
    """A record, and where it comes from."""

    number: int
    """Its place among all records of the index, from 1."""
    part: str
    """Name of the run that holds it; empty where there is only one."""
    run: Run
    record: Record


def read_records(index: sqlite3.Connection, run: Path, numbers: Sequence[int]) -> list[Stored]:
    """The records with these numbers, in this order; those that there are. Raises RunError where the run changed."""
    parts = {part.part: part for part in parts_in(index)}
    wanted = ", ".join(map(str, numbers))
    rows = index.execute(
        f"select number, part, shard, offset from places join cards using (number) where number in ({wanted})"
    )
    places = {number: (parts[part], Place(shard, offset)) for number, part, shard, offset in rows}
    return [_read(run, number, *places[number]) for number in numbers if number in places]


def runs_in(index: sqlite3.Connection, run: Path) -> list[Run]:
    """The runs that hold the records."""
    return [_opened(part.path(run), part.mark) for part in parts_in(index)]


def _read(run: Path, number: int, part: ViewedRun, place: Place) -> Stored:
    path = part.path(run)
    try:
        record = from_line(line_at(path, place))
    except ValueError as error:
        raise RunError(f"{path} is not what it was when it was indexed, a moment ago: load the page again.") from error
    return Stored(number, part.name, _opened(path, part.mark), record)


@lru_cache(maxsize=256)
def _opened(path: Path, _mark: str) -> Run:
    """Opened once for every time that it was begun: that counts the lines of a file."""
    return Run.open(path)
