"""Stores of both kinds, empty; PostgreSQL is started once, and only if a test asks for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_postgres import make_database, postgres_server
from sqlalchemy import Engine

from burnish.review.database import open_database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of a running server's socket."""
    with postgres_server() as folder:
        yield folder


@pytest.fixture
def engine(store: str) -> Iterator[Engine]:
    """The store, opened."""
    with open_database(store) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What `--store` is given: a file, and the URL of a database on a real server."""
    if request.param == "sqlite":
        return str(tmp_path / "ratings.sqlite")
    return make_database(request.getfixturevalue("postgres"), f"ratings{next(_numbers)}")
