"""Fills the index from the lines of a run."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, final

from burnish.ids import content_key
from burnish.records import Dropped, Record
from burnish.report.cards import Card, card_of
from burnish.store.codec import from_line
from burnish.store.places import Place
from burnish.view.schema import add_column, column, tag, transaction
from burnish.view.terms import indexed


class ViewedRun(NamedTuple):
    """A run that holds records, and how far it has been read."""

    part: int
    name: str
    """Of its folder inside the folder that is viewed; empty for that folder itself."""
    mark: str
    """Tells it from another run in the same place."""
    end: Place

    def path(self, run: Path) -> Path:
        """Where it lies, in the folder that is viewed."""
        return run / self.name


class Group(NamedTuple):
    """What records are filtered by, in numbers: columns of `cards`, and words of `words.tags`."""

    part: int
    source: int
    label: int
    dropped: int
    """1 for an example of which nothing came."""


@final
class Filling:
    """Adds records to an index that nobody else fills. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, dict[str, int]] = {
            table: {name: key for key, name in connection.execute(f"select id, name from {table}")}
            for table in ("sources", "labels", "numbers", "distortions")
        }
        self._last = records_in(connection)

    @property
    def records(self) -> int:
        """Records in the index."""
        return self._last

    def add(self, part: ViewedRun, run_seed: int, lines: Iterable[tuple[Place, bytes]]) -> ViewedRun:
        """Take in the lines, all or none of them, and return the part with its new end."""
        end, groups = part.end, Counter[Group]()
        with transaction(self._connection):
            for place, line in lines:
                end = Place(place.shard, place.offset + len(line))
                try:
                    record = from_line(line)
                except ValueError as error:
                    where = f"The line at byte {place.offset:,} of file {place.shard} of {part.name or 'the run'}"
                    note(self._connection, "trouble", f"{where} is not a record, and is left out: {error}.")
                    continue
                groups[self._add(part, place, record, card_of(record, run_seed))] += 1
            self._count(groups)
            self._connection.execute(
                "update parts set shard = ?, offset = ? where part = ?", (end.shard, end.offset, part.part)
            )
        return part._replace(end=end)

    def _add(self, part: ViewedRun, place: Place, record: Record, card: Card) -> Group:
        source, label = self._id("sources", record.source), self._id("labels", card.label)
        group = Group(part.part, source, label, int(isinstance(record, Dropped)))
        numbers = {column(self._number(name)): value for name, value in card.numbers.items()}
        for of in card.pictures:
            if of.distortion:
                self._id("distortions", of.distortion)
        self._last += 1
        tags = " ".join(tag(what, value) for what, value in {**group._asdict(), "id": id_key(record.id)}.items())
        text = indexed("\n".join((record.id, *card.words)))
        self._insert("cards", {"number": self._last, **group._asdict(), **numbers})
        self._insert("places", {"number": self._last, "shard": place.shard, "offset": place.offset})
        self._insert("words", {"rowid": self._last, "text": text, "tags": tags})
        return group

    def _number(self, name: str) -> int:
        if name not in self._names["numbers"]:
            add_column(self._connection, self._id("numbers", name))
        return self._names["numbers"][name]

    def _id(self, table: str, name: str) -> int:
        known = self._names[table]
        if name not in known:
            known[name] = len(known) + 1
            self._insert(table, {"id": known[name], "name": name})
        return known[name]

    def _insert(self, table: str, values: Mapping[str, object]) -> None:
        places = ", ".join("?" * len(values))
        self._connection.execute(f"insert into {table} ({', '.join(values)}) values ({places})", tuple(values.values()))

    def _count(self, groups: Mapping[Group, int]) -> None:
        self._connection.executemany(
            "insert into groups (part, source, label, dropped, records) values (?, ?, ?, ?, ?) "
            "on conflict do update set records = records + excluded.records",
            ((*group, records) for group, records in groups.items()),
        )


def note(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Keep something that is known of the run as a whole."""
    connection.execute("insert or replace into about (name, value) values (?, ?)", (name, value))


def noted(connection: sqlite3.Connection, name: str) -> str:
    """What was kept under this name; empty where nothing was."""
    row = connection.execute("select value from about where name = ?", (name,)).fetchone()
    return "" if row is None else str(row[0])


def records_in(connection: sqlite3.Connection) -> int:
    """How many records are indexed, dropped examples included: the number of the last."""
    return int(connection.execute("select coalesce(max(number), 0) from cards").fetchone()[0])


def output_state(connection: sqlite3.Connection) -> str:
    """The state of the run that tables and figures were made of last; empty before."""
    row = connection.execute("select of from told").fetchone()
    return "" if row is None else str(row[0])


def id_key(record_id: str) -> str:
    """The word in `words.tags` by which a record is found by its id, whatever stands in that."""
    return content_key(record_id.encode(errors="replace"))[:16]


def parts_in(connection: sqlite3.Connection) -> list[ViewedRun]:
    """The runs that are indexed, in order."""
    rows = connection.execute("select part, name, mark, shard, offset from parts order by part")
    return [ViewedRun(part, name, mark, Place(shard, offset)) for part, name, mark, shard, offset in rows]
