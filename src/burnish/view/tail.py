"""Keeps the index up with its run, in a process of its own, so that pages are answered as fast meanwhile.

Threads of one process would take the interpreter from each other: a page that reads fifty records would wait for it
hundreds of times.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

from burnish.dialogue.seeds import seed_folders
from burnish.errors import RunError, RunLocked
from burnish.progress import Progress
from burnish.store import Run
from burnish.store.disk import lock
from burnish.store.manifest import read_manifest
from burnish.store.places import Place, bytes_in, bytes_up_to, lines_from, mark
from burnish.view.index import Filling, ViewedRun, note, noted, parts_in
from burnish.view.schema import make_empty, open_writing, transaction

_BATCH = 1_000
"""Lines that are taken in at once."""
_PAUSE_S = 1.0
"""Between two looks at the run."""


@contextmanager
def tailing(run: Path, index: Path) -> Iterator[None]:
    """The index grows with the run while this lasts. Only for a process's main thread."""
    process = multiprocessing.get_context("spawn").Process(target=follow, args=(run, index), daemon=True)
    # Ctrl-C is for this process alone to answer, which ends the other; that inherits what is set when it begins.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.start()
    signal.signal(signal.SIGINT, before)
    try:
        yield
    finally:
        process.terminate()
        process.join()


def follow(run: Path, index: Path) -> None:
    """Look at the run every second, until the process that began this one ends, and never return."""
    Thread(target=_end_with_parent, daemon=True).start()
    printed = ""
    while True:
        try:
            _keep_up(run, index)
        except RunLocked:  # another viewer of the same run fills the index, for both
            pass
        except (RunError, sqlite3.Error) as error:
            if printed != (printed := str(error)):
                print(f"burnish: {run} cannot be followed: {error}", file=sys.stderr)
        time.sleep(_PAUSE_S)


def _end_with_parent() -> None:
    """However the other process ended, and whatever this one is at: what it has not finished, the next does again."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _keep_up(run: Path, index: Path) -> None:
    from burnish.view.output import OutputWriter  # and with it matplotlib, for which the server has no use

    with _only_one(index), closing(open_writing(index)) as connection:
        writer = OutputWriter(run)
        while True:
            catch_up(connection, run)
            writer.update(connection)
            time.sleep(_PAUSE_S)


def catch_up(connection: sqlite3.Connection, run: Path) -> None:
    """Take in all that the run holds by now. Raises RunError for one that cannot be read, and sqlite3.Error."""
    parts = _parts(connection, run)
    was_finished = bool(noted(connection, "finished"))
    # Asked before reading: nothing is added to a finished run.
    finished = was_finished or Run.open(run).summary is not None
    waiting = [part for part in parts if bytes_in(part.path(run)) > bytes_up_to(part.path(run), part.end)]
    if waiting:
        total = sum(len(Run.open(part.path(run))) for part in parts)
        filling = Filling(connection)
        with Progress(
            f"index {run.resolve().name}", total, done=filling.records, unit="records", silent_s=2.0
        ) as progress:
            for part in waiting:
                _read(filling, part, run, progress)
    if finished and not was_finished:
        with transaction(connection):
            note(connection, "finished", "yes")


def _read(filling: Filling, part: ViewedRun, run: Path, progress: Progress) -> None:
    path = part.path(run)
    seed, lines = read_manifest(path).seed, lines_from(path, part.end)
    while batch := list(islice(lines, _BATCH)):
        part = filling.add(part, seed, batch)
        progress.advance(len(batch))


def _parts(connection: sqlite3.Connection, run: Path) -> list[ViewedRun]:
    """The runs that hold records; all are forgotten if one of them is not what it was."""
    names = [path.name for path in seed_folders(run)] or [""]
    known = parts_in(connection)
    whole = mark(run)
    with transaction(connection):
        if not _are_the_same(known, names, run) or noted(connection, "mark") != whole:
            make_empty(connection)
            note(connection, "mark", whole)
            known = []
        for name in names:
            if name not in {part.name for part in known}:
                part = ViewedRun(len(known), name, mark(run / name), Place())
                connection.execute("insert into parts values (?, ?, ?, 0, 0)", part[:3])
                known.append(part)
    return known


def _are_the_same(known: list[ViewedRun], names: list[str], run: Path) -> bool:
    return all(
        part.name in names
        and mark(part.path(run)) == part.mark
        and bytes_in(part.path(run)) >= bytes_up_to(part.path(run), part.end)
        for part in known
    )


@contextmanager
def _only_one(index: Path) -> Iterator[None]:
    """Raises RunLocked while another process fills this index."""
    descriptor = lock(index.with_name(f"{index.name}.lock"))
    try:
        yield
    finally:
        os.close(descriptor)
