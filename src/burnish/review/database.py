"""The store of ratings: SQLite in a file, or PostgreSQL by its URL, brought to today's tables when it is opened.

Alembic migrates, because it is what SQLAlchemy's users know, and it runs each step in a transaction on both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from burnish.errors import ConfigError, RatingsError
from burnish.redaction import redacted

_LOCK = 5136013
"""The advisory lock under which PostgreSQL's tables are made and studies begun; any number that is always the same."""
ENVIRONMENT = "env:"
"""Before the name of an environment variable that holds the store, password and all."""
_BUSY_S = 30.0
"""How long SQLite waits for another process that is writing."""


@contextmanager
def open_database(store: str) -> Iterator[Engine]:
    """The store at a file or URL, made where there is none, its tables those of this version.

    Raises ConfigError for a URL that cannot be one, RatingsError for a store that cannot be used.
    """
    engine = create_engine(_url(store), pool_pre_ping=True, **_arguments(store))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    try:
        _migrate(engine)
        yield engine
    except DBAPIError as error:
        raise RatingsError(f"{engine.url.render_as_string()} cannot be used: {why(error)}.") from error
    finally:
        engine.dispose()


def shown_store(store: str) -> str:
    """The store as it may be printed: a URL without its password, or the variable that holds it."""
    return redacted(store)


def _place(store: str) -> str:
    """The file or URL that is meant, which `env:NAME` leaves to an environment variable."""
    name = store.removeprefix(ENVIRONMENT)
    if name == store:
        return store
    if not os.environ.get(name):
        raise ConfigError(f"--store {store}: there is no environment variable {name}; set it to a file or a URL.")
    return os.environ[name]


def database_exists(store: str) -> bool:
    """Whether there is anything to read; a server is taken at its word."""
    file = _url(store).database
    return _url(store).get_backend_name() != "sqlite" or (file is not None and Path(file).exists())


@contextmanager
def exclusively(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other of its kind runs beside, in this process or another."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection


def _url(store: str) -> URL:
    place = _place(store)
    try:
        url = make_url(place) if "://" in place else URL.create("sqlite", database=place)
    except (ArgumentError, ValueError) as error:  # a port that is not a number
        raise ConfigError(f"--store {store!r} is not a URL: give a file, or postgresql://user@host/name.") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    raise ConfigError(f"--store is {url.drivername}, not a file of SQLite or a PostgreSQL database: ratings must last.")


def _arguments(store: str) -> dict[str, Any]:
    if _url(store).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": _BUSY_S}}
    return {"connect_args": {"connect_timeout": 10}}


def _make_durable(connection: Any, _record: object) -> None:
    """Readers beside one writer (WAL); a commit returns when the disk has it (FULL), power failure or not."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(engine: Engine) -> None:
    try:
        _upgrade(engine)
    except CommandError as error:
        name = engine.url.render_as_string()
        raise RatingsError(f"{name} was made by a newer version of Burnish: use that one.") from error


def _upgrade(engine: Engine) -> None:
    """Run what the store has not yet seen of the migrations."""
    config = Config()
    config.set_main_option("script_location", "burnish.review:migrations")
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with exclusively(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_busy(error: DBAPIError) -> bool:
    """Whether another process holds the store, and it can be used once that has finished."""
    return "locked" in str(error.orig) or "lock timeout" in str(error.orig)


def why(error: DBAPIError) -> str:
    """The driver's own words, on one line, and what to do."""
    words = " ".join(str(error.orig).split()).rstrip(".")
    if is_busy(error):
        return f"another process is writing to it ({words}), so wait for that, or stop it"
    return f"{words}; fix --store or the server behind it"
