"""Replicas: processes that each hold the local model and make whole blocks of a run, which this process alone writes.

A block is the inputs whose lives are asked together (`driver.py`), so which replica makes it changes nothing: records
do not depend on how many there are. Pictures are read, decoded and distorted where they are asked about. A replica that
dies is started again, and its block is made anew.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self, final

from burnish.config import runtime
from burnish.errors import ConfigError, ModelError
from burnish.models import Model, ModelOptions, open_model
from burnish.progress import Progress
from burnish.records import Dropped
from burnish.store import Run
from burnish.store.codec import from_line

if TYPE_CHECKING:
    from burnish.sources import Inputs

AHEAD = 4
"""Blocks for each replica that may wait, made, for an earlier one."""
DEATHS = 3
"""Times that a replica may die with no block made between, before the run stops."""
_LAST_WORDS = 600
"""Characters of what a replica said before it died."""


@dataclass(frozen=True, kw_only=True)
class ReplicaFlags(ModelOptions):
    """The model of verbs that can ask several copies of it."""

    replicas: int | None = runtime(None)
    """Processes that each load the local model, on a GPU of its own; on a CPU they share the cores, with one thread
    each unless OMP_NUM_THREADS says otherwise. The records are the same for any number."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.replicas is None:
            return
        if self.replicas < 1:
            raise ConfigError(f"--replicas must be at least 1, not {self.replicas}.")
        if self.model.startswith(("http://", "https://")):
            raise ConfigError("--replicas are of a local model: give an endpoint more calls at once by --concurrency.")
        if self.device not in ("auto", "cpu"):
            raise ConfigError(f"--replicas choose a GPU for each: leave out --device {self.device}.")


def open_asked(config: ReplicaFlags) -> Model:
    """The model; where replicas open it, what tells who it is and no weights. Raises ModelError or ConfigError."""
    if config.replicas is None:
        return open_model(config)
    from burnish.models.local import LocalModel

    return LocalModel.outlined(config)


class Task(NamedTuple):
    """What a replica is to call, by names that can be sent: the verb's own function with the verb's own flags."""

    make: Callable[[Any], object]
    config: ReplicaFlags

    def message(self, out: Path) -> dict[str, Any]:
        """For a replica that leaves its blocks in `out`."""
        kind = type(self.config)
        config = dataclasses.replace(self.config, out=str(out), restart=False, replicas=None)  # type: ignore[call-arg]
        return {
            "make": f"{self.make.__module__}:{self.make.__qualname__}",
            "kind": f"{kind.__module__}:{kind.__qualname__}",
            "config": {field.name: getattr(config, field.name) for field in dataclasses.fields(config) if field.init},
        }


def fill_by_replicas(
    run: Run, inputs: Inputs, task: Task, *, label: str, unit: str, per_input: int, batch: int
) -> None:
    """Append the records of every input that the run does not hold yet, made by replicas in blocks of `batch` inputs.

    Raises ModelError for a replica that cannot start, or that dies again and again; what was made is kept.
    """
    gpus = _gpus(task.config)
    done = len(run) // per_input
    blocks = range(done // batch, -(-len(inputs) // batch))
    with (
        Progress(label, len(inputs), done=done, unit=unit) as progress,
        tempfile.TemporaryDirectory(prefix="burnish-replicas-") as folder,
        _Workers(task, Path(folder), gpus, blocks) as workers,
    ):
        dropped = 0
        for block in blocks:
            made = workers.made(block)
            records = [from_line(line.encode()) for line in made.lines][len(run) - block * batch * per_input :]
            for path in made.images:
                run.add_image(Path(path).read_bytes())
            run.append(records)
            dropped += sum(isinstance(record, Dropped) for record in records)
            progress.advance(len(records) // per_input, f"{dropped:,} dropped" if dropped else "")


class Made(NamedTuple):
    """What a replica made of a block."""

    lines: Sequence[str]
    """Its records, as the run keeps them."""
    images: Sequence[str]
    """Where the pictures are that they name."""


@final
class _Workers:
    """One thread for each replica: it asks its process for one block after another."""

    def __init__(self, task: Task, folder: Path, gpus: Sequence[str | None], blocks: range) -> None:
        self._task, self._folder, self._gpus = task, folder, gpus
        self._waiting = list(reversed(blocks))
        self._ended: dict[int, Made] = {}
        self._next = blocks.start
        self._failure: Exception | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(i,), daemon=True) for i in range(len(gpus))]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def made(self, block: int) -> Made:
        """The block, once it is there; blocks are asked for in their order."""
        with self._changed:
            self._next = block
            self._changed.notify_all()
            self._changed.wait_for(lambda: block in self._ended or self._failure)
            if block not in self._ended:
                assert self._failure is not None
                raise self._failure
            return self._ended.pop(block)

    def _work(self, number: int) -> None:
        deaths = 0
        replica = None
        try:
            while (block := self._take()) is not None:
                try:
                    replica = replica or Replica(self._task, self._folder / str(number), self._gpus[number])
                    made = replica.make(block)
                except ReplicaDied as death:
                    deaths, replica = deaths + 1, None
                    self._put_back(block)
                    if deaths == DEATHS:
                        raise ModelError(
                            f"A replica died {DEATHS} times with no block made between: {death}"
                        ) from death
                else:
                    deaths = 0
                    self._hand_on(block, made)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            with self._changed:
                self._failure = self._failure or error
                self._changed.notify_all()
        finally:
            if replica:
                replica.close()

    def _take(self) -> int | None:
        """The next block to make, once not too many wait; None at the end."""
        with self._changed:
            far = AHEAD * len(self._threads)
            # with none waiting, one may still come back from a replica that dies
            self._changed.wait_for(
                lambda: self._stopped or (self._waiting and self._waiting[-1] < self._next + far),
            )
            return None if self._stopped else self._waiting.pop()

    @property
    def _stopped(self) -> bool:
        return self._closed or self._failure is not None

    def _put_back(self, block: int) -> None:
        with self._changed:
            self._waiting = sorted([*self._waiting, block], reverse=True)
            self._changed.notify_all()

    def _hand_on(self, block: int, made: Made) -> None:
        with self._changed:
            self._ended[block] = made
            self._changed.notify_all()


class ReplicaDied(Exception):
    """A replica's process ended before it answered; what it said last."""


@final
class Replica:
    """A process that holds the model (`replica.py`); it is asked for blocks by their numbers."""

    def __init__(self, task: Task, folder: Path, gpu: str | None) -> None:
        folder.mkdir(exist_ok=True)
        self._said = (folder / "said.txt").open("w+b")
        environment = {"OMP_NUM_THREADS": "1", **os.environ}
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._process = subprocess.Popen(
            [sys.executable, "-m", "burnish.generation.replica"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
        )
        self._tell(task.message(folder / f"run-{self._process.pid}"))

    def make(self, block: int) -> Made:
        """The block's records. Raises ReplicaDied, or ModelError for what the replica says is wrong."""
        self._tell(block)
        out = self._process.stdout
        assert out is not None
        line = out.readline()
        if not line.endswith(b"\n"):
            raise ReplicaDied(self._last_words())
        answer = json.loads(line)
        if "error" in answer:
            raise ModelError(answer["error"])
        return Made(answer["lines"], answer["images"])

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def _tell(self, what: object) -> None:
        into: IO[bytes] | None = self._process.stdin
        assert into is not None
        try:
            into.write(json.dumps(what).encode() + b"\n")
            into.flush()
        except OSError as error:
            raise ReplicaDied(self._last_words()) from error

    def _last_words(self) -> str:
        self._process.kill()
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()[-_LAST_WORDS:]
        self._said.close()
        return f"exit code {code}{f', after it said: {said}' if said else ' and nothing said'}"


def _gpus(config: ReplicaFlags) -> list[str | None]:
    """A GPU for each replica; None where there is none. Raises ConfigError for more replicas than GPUs."""
    from burnish.models.memory import visible_gpus

    count = config.replicas or 1
    gpus = [] if config.device == "cpu" else visible_gpus()
    if not gpus:
        return [None] * count
    if count > len(gpus):
        raise ConfigError(
            f"--replicas {count} need a GPU each, and {len(gpus)} are visible: give --replicas {len(gpus)}."
        )
    return [*gpus[:count]]
