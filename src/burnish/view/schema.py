"""The file of the index: SQLite, which two processes share here, one that fills it and one that looks things up.

    about        what is known of the run as a whole: "finished", "trouble" …
    parts        the runs that hold the records, and up to where each has been read
    groups       how many records there are of each part, source and label, so that these need no counting
    sources, labels, numbers, distortions      names, each with a number of its own
    cards        a row a record: what it is filtered and sorted by, narrow enough to be scanned; for each number of the
                 cards ("margin", "turns" …) a column, and an index that holds the other columns too
    places       where the record stands in its part
    words        full-text index of its words (FTS5), and of what it is filtered by
    told         tables and figures, as HTML; figures, the files that it names

Nothing stands here that cannot be made again from the run: the file may be deleted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from burnish.errors import RunError
from burnish.view.terms import TOKENIZER

VERSION = 1
"""Of the tables below: an index of another one is made anew."""
_APPLICATION = 0x6275726E
"""Marks the file as ours ("burn"), lest another program's tables be dropped."""
_BUSY_S = 30
_CACHE_KIB = 16_384
_TABLES = {
    "about": "(name text primary key, value text) without rowid",
    "parts": "(part integer primary key, name text, mark text, shard int, offset int)",
    "groups": "(part int, source int, label int, dropped int, records int, primary key (part, source, label, dropped)) "
    "without rowid",
    "sources": "(id integer primary key, name text unique)",
    "labels": "(id integer primary key, name text unique)",
    "numbers": "(id integer primary key, name text unique)",
    "distortions": "(id integer primary key, name text unique)",
    "cards": "(number integer primary key, dropped int, part int, source int, label int)",
    "places": "(number integer primary key, shard int, offset int)",
    "told": "(id integer primary key, of text, html text)",
    "figures": "(name text primary key, svg blob)",
}


def open_writing(path: Path) -> sqlite3.Connection:
    """The index, made if there is none, emptied if another version made it. Raises RunError for any other file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise RunError(f"The index {path} cannot be used ({error}): delete it, or give another --index.") from error
    except RunError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection):
        tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
        if tables and connection.execute("pragma application_id").fetchone() != (_APPLICATION,):
            raise RunError(f"{path} belongs to another program: give another --index.")
        connection.execute(f"pragma application_id = {_APPLICATION}")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute(f"pragma cache_size = -{_CACHE_KIB}")
    if connection.execute("pragma user_version").fetchone() != (VERSION,):
        with transaction(connection):
            make_empty(connection)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The index as it is at this moment, whatever is added meanwhile. Raises sqlite3.Error.

    One answer of the server may take several threads, one after the other.
    """
    with closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    ) as connection:
        connection.execute("begin")
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written inside, or nothing."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def make_empty(connection: sqlite3.Connection) -> None:
    """Forget all that was indexed, inside a transaction."""
    for (table,) in connection.execute("select name from sqlite_master where sql like 'create %table %'").fetchall():
        if not table.startswith("words_"):  # FTS5's own
            connection.execute(f'drop table "{table}"')
    for table, columns in _TABLES.items():
        connection.execute(f"create table {table} {columns}")
    connection.execute(
        f"create virtual table words using fts5(text, tags, content='', columnsize=0, tokenize='{TOKENIZER}')"
    )
    connection.execute(f"pragma user_version = {VERSION}")


def column(number: int) -> str:
    """The column of `cards` that holds a number of the cards, by its id in `numbers`."""
    return f"n{number}"


def add_column(connection: sqlite3.Connection, number: int) -> None:
    """A column for one more number, and the index by which records are sorted and counted without being read."""
    name = column(number)
    connection.execute(f"alter table cards add column {name} real")
    connection.execute(f"create index by_{name} on cards ({name}, number, dropped, part, source, label)")


def tag(what: str, value: int | str) -> str:
    """The word in `words.tags` for what a record is found by: its "part", "source", "label", "dropped" or "id"."""
    return f"{what[0]}{value}"
