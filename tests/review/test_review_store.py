"""The store, on SQLite and on a real PostgreSQL: studies, ratings, migrations, and what is refused."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from review_runs import dialogues_run
from sqlalchemy import Engine, inspect, text

from burnish.errors import BurnishError, ConfigError, RatingsError
from burnish.review import database
from burnish.review.config import ReviewConfig, ReviewSummaryConfig
from burnish.review.database import open_database, shown_store
from burnish.review.ratings import read_ratings
from burnish.review.study import Study
from burnish.review.tables import Base
from burnish.review.web.serve import begin_study
from burnish.review.writing import summarise
from burnish.store import Run


def _begin(run: Run, engine: Engine, **flags: object) -> Study:
    return begin_study(ReviewConfig(runs=(str(run.path),), **flags), [run], engine)  # type: ignore[arg-type]


def _rate(study: Study, rater: int, position: int, **values: str) -> None:
    shown = study.shown(study.raters[rater], position)
    assert shown is not None
    study.save(study.raters[rater], shown.id, {item.replace("_", "-"): value for item, value in values.items()})


WHOLE = {"feedback_1": "5", "response_2": "4", "feedback_2": "3"}


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert "ratings" in inspect(connection).get_table_names()


def test_the_same_command_finds_its_study_again_and_another_begins_another(engine: Engine, tmp_path: Path) -> None:
    run = dialogues_run(tmp_path / "run")
    study = _begin(run, engine, raters=2, sample=4)
    _rate(study, 0, 2, **WHOLE)
    again = _begin(run, engine, raters=2, sample=4)
    assert again.raters == study.raters
    assert again.progress(again.raters[0]).complete == (False, True, False, False)
    other = _begin(run, engine, raters=2, sample=4, seed=1)
    assert {rater.token for rater in other.raters}.isdisjoint(rater.token for rater in study.raters)
    assert other.progress(other.raters[0]).done == 0


def test_a_study_is_found_when_its_run_was_moved(engine: Engine, tmp_path: Path) -> None:
    study = _begin(dialogues_run(tmp_path / "run"), engine)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").rename(tmp_path / "elsewhere" / "run")
    assert _begin(Run.open(tmp_path / "elsewhere" / "run"), engine).raters == study.raters


def test_the_last_rating_counts_and_none_is_deleted(engine: Engine, tmp_path: Path) -> None:
    study = _begin(dialogues_run(tmp_path / "run"), engine, raters=1)
    _rate(study, 0, 1, feedback_1="2")
    _rate(study, 0, 1, feedback_1="2")  # said again: nothing new
    _rate(study, 0, 1, feedback_1="5", response_2="1")
    shown = study.shown(study.raters[0], 1)
    assert shown is not None
    assert shown.values == {"feedback-1": "5", "response-2": "1"}
    assert sorted((rating.item, rating.value) for rating in read_ratings(engine)) == [
        ("feedback-1", "5"),
        ("response-2", "1"),
    ]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT value FROM ratings ORDER BY id")).scalars().all() == ["2", "5", "1"]


def test_a_case_is_complete_when_all_of_it_is_rated_and_the_next_open_one_is_found(
    engine: Engine, tmp_path: Path
) -> None:
    study = _begin(dialogues_run(tmp_path / "run"), engine, raters=2, sample=4)
    rater = study.raters[0]
    _rate(study, 0, 1, feedback_1="5", response_2="4")
    assert study.progress(rater).complete == (False,) * 4
    _rate(study, 0, 1, feedback_2="3")
    _rate(study, 0, 3, **WHOLE)
    progress = study.progress(rater)
    assert progress.complete == (True, False, True, False)
    assert [progress.open_after(position) for position in range(5)] == [2, 2, 4, 4, 2]
    _rate(study, 0, 2, **WHOLE)
    _rate(study, 0, 4, **WHOLE)
    assert study.progress(rater).open_after(0) is None
    assert study.progress(study.raters[1]).done == 0


def test_many_raters_at_once_lose_nothing(engine: Engine, tmp_path: Path) -> None:
    study = _begin(dialogues_run(tmp_path / "run"), engine, raters=6)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda rater: [_rate(study, rater, place, **WHOLE) for place in range(1, 7)], range(6)))
    assert all(study.progress(rater).done == 6 for rater in study.raters)
    assert len(list(read_ratings(engine))) == 6 * 6 * 3


def test_two_that_begin_at_once_begin_one_study(engine: Engine, tmp_path: Path) -> None:
    run = dialogues_run(tmp_path / "run")
    with ThreadPoolExecutor(4) as pool:
        studies = list(pool.map(lambda _: _begin(run, engine, raters=3), range(4)))
    assert {study.raters for study in studies} == {studies[0].raters}


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    with open_database(str(tmp_path / "ratings.sqlite")) as engine, engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_store_of_a_newer_version_is_left_alone(store: str) -> None:
    with open_database(store) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RatingsError, match="newer version of Burnish"), open_database(store):
        pass


@pytest.mark.parametrize(
    ("store", "kind", "complaint"),
    [
        ("mysql://host/name", ConfigError, "mysql, not a file of SQLite"),
        ("sqlite://", ConfigError, "ratings must last"),
        ("postgresql://host:port/name", ConfigError, "is not a URL"),
        ("postgresql://me:secret@127.0.0.1:1/name", RatingsError, "me:\\*\\*\\*@127.0.0.1"),
        ("/dev/null/ratings.sqlite", RatingsError, "unable to open database file"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_one_sentence(
    store: str, kind: type[BurnishError], complaint: str
) -> None:
    with pytest.raises(kind, match=complaint) as told, open_database(store):
        pass
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_a_store_that_another_process_writes_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(database, "_BUSY_S", 0.01)
    path = tmp_path / "ratings.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RatingsError, match=r"another process is writing to it \(database is locked\), so wait"):
        summarise(ReviewSummaryConfig(store=str(path)))
    other.close()


def test_a_store_may_stand_in_the_environment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RATINGS", str(tmp_path / "ratings.sqlite"))
    with open_database("env:RATINGS"):
        pass
    assert (tmp_path / "ratings.sqlite").exists()
    assert shown_store("env:RATINGS") == "env:RATINGS"
    monkeypatch.delenv("RATINGS")
    with pytest.raises(ConfigError, match="there is no environment variable RATINGS"):
        summarise(ReviewSummaryConfig(store="env:RATINGS"))


def test_no_password_is_shown(tmp_path: Path) -> None:
    assert shown_store("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    with (
        pytest.raises(RatingsError) as caught,
        open_database("postgresql://me:secret@127.0.0.1:1/db"),
    ):
        pass
    assert "secret" not in str(caught.value)
