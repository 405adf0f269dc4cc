"""The index beside a run that grows, is torn, is begun again, or is read by two."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from viewed import dropped, index_of, pair, write

from burnish.errors import RunError
from burnish.store import lines
from burnish.view.index import noted, records_in
from burnish.view.page import state_of
from burnish.view.records import read_records
from burnish.view.schema import open_writing, reading
from burnish.view.tail import catch_up


@contextmanager
def _index(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_writing(path)) as connection:
        yield connection


def _ids(index: sqlite3.Connection, run: Path) -> list[str]:
    """Of all records, read from the run."""
    numbers = range(1, records_in(index) + 1)
    return [one.record.id for one in read_records(index, run, numbers)]


def _shard(run: Path, number: int = 0) -> Path:
    return run / "records" / f"{number:05}.jsonl"


def test_it_grows_with_the_run_over_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SHARD_LINES", 3)
    run = tmp_path / "run"
    with _index(tmp_path / "index") as index:
        for written in range(1, 12):
            write(run, [pair(written)], done=False)
            if written % 2:
                catch_up(index, run)
                assert _ids(index, run) == [f"p{number}" for number in range(1, written + 1)]
        assert len(list((run / "records").iterdir())) == 4


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)], done=False).path
    whole = _shard(run).read_bytes()
    with _index(tmp_path / "index") as index:
        for end in (1, 20, len(whole) - 1):
            _shard(run).write_bytes(whole + whole[:end])
            catch_up(index, run)
            assert _ids(index, run) == ["p1"]
        assert state_of(index, run).percent < 100
        _shard(run).write_bytes(whole + whole)
        catch_up(index, run)
        assert _ids(index, run) == ["p1", "p1"]
        assert state_of(index, run).percent == 100


def test_it_goes_on_after_a_restart_without_reading_again(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1), dropped(2)], done=False).path
    index = index_of(run)
    # Were the first line read again, this damage would show.
    first = _shard(run).read_bytes()
    _shard(run).write_bytes(b"?" * (first.index(b"\n")) + first[first.index(b"\n") :])
    write(run, [pair(3)])
    index_of(run)
    with reading(index) as connection:
        state = state_of(connection, run)
        assert (state.records, state.dropped, state.finished, state.trouble) == (3, 1, True, "")
        assert [one.record.id for one in read_records(connection, run, [3, 2])] == ["p3", "d2"]


def test_a_run_that_was_begun_anew_is_indexed_anew(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(number) for number in range(5)]).path
    with _index(tmp_path / "index") as index:
        catch_up(index, run)
        write(run, [pair(number, source="new") for number in range(10, 18)], restart=True)
        catch_up(index, run)
        assert _ids(index, run) == [f"p{number}" for number in range(10, 18)]
        assert [name for (name,) in index.execute("select name from sources")] == ["new"]
        shutil.rmtree(run)
        write(run, [pair(9)])
        catch_up(index, run)
        assert _ids(index, run) == ["p9"]


def test_a_run_that_became_shorter_is_indexed_anew_and_read_with_care(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1), pair(2)]).path
    with _index(tmp_path / "index") as index:
        catch_up(index, run)
        first = _shard(run).read_bytes().splitlines(keepends=True)[0]
        _shard(run).write_bytes(first)
        with pytest.raises(RunError, match="has become shorter than it was"):
            read_records(index, run, [2])
        catch_up(index, run)
        assert _ids(index, run) == ["p1"]


def test_a_line_that_is_no_record_is_left_out_and_told_of(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)], done=False).path
    with _shard(run).open("ab") as file:
        file.write(b'{"kind": "song"}\n')
    write(run, [pair(2)], done=False)
    with _index(tmp_path / "index") as index:
        catch_up(index, run)
        assert _ids(index, run) == ["p1", "p2"]
        assert "is not a record, and is left out: `kind` is not one of" in noted(index, "trouble")


def test_a_kill_between_two_batches_repeats_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write(tmp_path / "run", [], done=False).path
    monkeypatch.setattr("burnish.view.tail._BATCH", 2)
    with _index(tmp_path / "index") as index:
        catch_up(index, run)
        write(run, [pair(number) for number in range(7)])
        # The third batch is refused halfway, and taken back whole.
        index.execute(
            "create trigger stop before insert on places when new.number = 6 begin select raise(fail, 'x'); end"
        )
        with pytest.raises(sqlite3.Error):
            catch_up(index, run)
        assert records_in(index) == 4
        index.execute("drop trigger stop")
    with _index(tmp_path / "index") as index:
        catch_up(index, run)
        assert _ids(index, run) == [f"p{number}" for number in range(7)]
        (counted,) = index.execute("select sum(records) from groups").fetchone()
        assert counted == 7


def test_the_runs_of_several_seeds_are_one(tmp_path: Path) -> None:
    whole = write(tmp_path / "bench", []).path
    write(whole / "seed-0", [pair(1), pair(2)])
    with _index(tmp_path / "index") as index:
        catch_up(index, whole)
        write(whole / "seed-1", [replace(pair(3), source="other")], done=False)
        catch_up(index, whole)
        assert _ids(index, whole) == ["p1", "p2", "p3"]
        assert [one.part for one in read_records(index, whole, [1, 3])] == ["seed-0", "seed-1"]


def test_other_files_are_refused_and_left_as_they_are(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Not a database, but long enough to be looked at as one." * 100)
    with pytest.raises(RunError, match=r"notes\.txt cannot be used .*: delete it, or give another --index"):
        open_writing(text)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("create table mine (x)")
    with pytest.raises(RunError, match="belongs to another program"):
        open_writing(other)
    with closing(sqlite3.connect(other)) as connection:
        assert connection.execute("select count(*) from mine").fetchone() == (0,)


def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)]).path
    path = index_of(run)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma user_version = 99")
    with _index(path) as index:
        assert records_in(index) == 0
        catch_up(index, run)
        assert _ids(index, run) == ["p1"]
