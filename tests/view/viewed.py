"""Runs to be viewed, written by the real store, and `burnish view` as a process of its own."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import builders
from builders import by_id, write_run
from burnish.records import Answer, Dropped, PreferencePair, Rejected
from burnish.store import Run
from burnish.view.output import OutputWriter
from burnish.view.schema import open_writing
from burnish.view.tail import catch_up
from patience import HANG_S, get
from served_process import serving


def pair(
    number: int, *, said: str = "a red circle", source: str = "quiz", margin: float = 1.0, spec: str = "grey"
) -> PreferencePair:
    """A pair of this margin; `write` draws its picture."""
    rejected = Answer(text=f"nothing {number}", ref_logp=-1.0 - margin)
    return PreferencePair(
        id=f"p{number}",
        image="",
        question=f"What is it, {number}?",
        chosen=Answer(text=said, token_ids=tuple(range(number % 7 + 1)), ref_logp=-1.0),
        rejected=(Rejected(distortion=spec, seed=number, answer=rejected),),
        source=source,
    )


def dropped(number: int, reason: str = "equal answers") -> Dropped:
    """An example of which nothing came."""
    return builders.dropped(number, reason, detail="Both are the same.")


def write(
    folder: Path, records: Sequence[PreferencePair | Dropped], *, done: bool = True, restart: bool = False
) -> Run:
    """The run of these records, gone on with where it is there already; each pair has a picture of its own."""
    return write_run(folder, records, fingerprints={}, pictures=by_id, done=done, restart=restart)


def index_of(run: Path, *, told: bool = False) -> Path:
    """The index of the run, filled in this process."""
    index = run.parent / f"{run.name}.sqlite"
    with closing(open_writing(index)) as connection:
        catch_up(connection, run)
        if told:
            OutputWriter(run).update(connection)
    return index


class Served(NamedTuple):
    """A viewer that answers."""

    url: str
    process: subprocess.Popen[str]

    def state(self) -> dict[str, object]:
        """What its page asks for again and again."""
        answer: dict[str, object] = get(f"{self.url}state").raise_for_status().json()
        return answer

    def wait(self, until: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        """Its state, once that is as wished."""
        began = time.monotonic()
        while not until(state := self.state()):
            assert time.monotonic() - began < HANG_S, state
            time.sleep(0.05)
        return state


@contextmanager
def served(run: Path, *flags: str) -> Iterator[Served]:
    """The viewer that `burnish view` starts, its caches beside the run."""
    env = {**os.environ, "XDG_CACHE_HOME": str(run.parent / "caches")}
    with serving(["view", str(run), "--port", "0", *flags], r"http://\S+", env) as (url, process):
        yield Served(url, process)


@contextmanager
def writing(folder: Path, *, pause_s: float = 0.0) -> Iterator[None]:
    """Another process, which appends pairs to the run until this is over."""
    writer = multiprocessing.get_context("spawn").Process(target=_write_on, args=(folder, pause_s), daemon=True)
    writer.start()
    try:
        yield
    finally:
        writer.kill()
        writer.join()


def _write_on(folder: Path, pause_s: float) -> None:
    for number in itertools.count(len(Run.open(folder))):
        write(folder, [pair(number)], done=False)
        time.sleep(pause_s)
