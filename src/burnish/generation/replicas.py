"""Replicas: processes that each hold the local model and make whole blocks of a run, which this process alone writes.

A block is the inputs whose lives are asked together (`driver.py`), so which replica makes it changes nothing: records
do not depend on how many there are. Pictures are read, decoded and distorted where they are asked about. A replica that
dies is started again, and its block is made again.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, final

from burnish.config import runtime
from burnish.errors import ConfigError, ModelError
from burnish.generation.replica_process import BlockResult, ProcessReplica, Replica, ReplicaDied
from burnish.generation.scratch import scratch_folder
from burnish.models import Model, ModelOptions, ModelRuntime, open_models
from burnish.progress import Progress
from burnish.store import Run

if TYPE_CHECKING:
    from burnish.generation.driver import Beside
    from burnish.sources import Inputs

AHEAD = 4
"""Blocks for each replica that may wait, made, for an earlier one."""
DEATHS = 3
"""Times that a replica may die with no block made between, before the run stops."""
ASKED = ("model", "student", "teacher", "judge")
"""The flags that name models."""
DRIVERS = ("restart", "json", "baseline", "replicas", "ray")
"""The flags that concern the driver alone."""


@dataclass(frozen=True, kw_only=True)
class ReplicaFlags(ModelRuntime):
    """How many copies of its models a verb asks."""

    replicas: int | None = runtime(None)
    """Processes that each load the local models, on a GPU of their own; on a CPU they share the cores, with one thread
    each unless OMP_NUM_THREADS says otherwise. The records are the same for any number."""
    ray: str | None = runtime(None)
    """Run the replicas on a Ray cluster instead: its address, or `auto` for the one that this machine belongs to, or
    else a local one. Model, source and adapter must have the same paths on all machines."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.replicas is None:
            if self.ray:
                raise ConfigError("--ray needs --replicas N: how many of the model run on the cluster.")
            return
        if self.replicas < 1:
            raise ConfigError(f"--replicas must be at least 1, not {self.replicas}.")
        for name in ASKED:
            if str(getattr(self, name, None)).startswith(("http://", "https://")):
                raise ConfigError(
                    f"--replicas is for local models, and --{name} is at an endpoint: leave it out, and raise "
                    "--concurrency to send an endpoint more requests at once."
                )
        if self.device not in ("auto", "cpu"):
            raise ConfigError(f"--replicas gives each process its own GPU: leave out --device {self.device}.")


@dataclass(frozen=True, kw_only=True)
class AskedModel(ModelOptions, ReplicaFlags):
    """Which model a verb asks, and how many copies of it."""


def open_asked(config: AskedModel) -> Model:
    """The model; where replicas open it, what tells who it is and no weights. Raises ModelError or ConfigError."""
    [model] = open_all_asked(config, [config])
    return model


def open_all_asked(config: ReplicaFlags, options: Sequence[ModelOptions]) -> list[Model]:
    """The same of all models that the options name, in their order."""
    if config.replicas is None:
        return open_models(options)
    from burnish.models.local import LocalModel

    return [LocalModel.outlined(option) for option in options]


class ReplicaTask(NamedTuple):
    """What a replica is to call, by names that can be sent: the verb's own function with the verb's own flags."""

    make: Callable[[Any], object]
    config: ReplicaFlags

    def message(self) -> dict[str, Any]:
        """For a replica, which adds a folder of its own as `out`."""
        kind = type(self.config)
        usual: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(kind)}
        config = dataclasses.replace(self.config, **{name: usual[name] for name in DRIVERS if name in usual})
        return {
            "make": f"{self.make.__module__}:{self.make.__qualname__}",
            "kind": f"{kind.__module__}:{kind.__qualname__}",
            "config": {field.name: getattr(config, field.name) for field in dataclasses.fields(config) if field.init},
        }


def fill_by_replicas(
    run: Run,
    inputs: Inputs,
    task: ReplicaTask,
    *,
    label: str,
    unit: str,
    per_input: int,
    batch: int,
    beside: Beside | None = None,
) -> None:
    """Append the records of every input that the run does not hold yet, made by replicas in blocks of `batch` inputs.

    Raises ModelError for a replica that cannot start, or that dies again and again; what was made is kept.
    """
    start, count = _starter(task)
    done = len(run) // per_input
    blocks = range(done // batch, -(-len(inputs) // batch))
    with (
        Progress(label, len(inputs), done=done, unit=unit) as progress,
        scratch_folder() as folder,
        _Workers(partial(start, folder), count, blocks) as workers,
    ):
        dropped = 0
        for block in blocks:
            made = workers.made(block)
            held = len(run) - block * batch * per_input
            _append(run, made, held, block * batch, per_input=per_input, beside=beside)
            dropped += sum(place >= held for place in made.dropped)
            progress.advance((len(made.lines) - held) // per_input, f"{dropped:,} dropped" if dropped else "")


def _append(run: Run, made: BlockResult, held: int, start: int, *, per_input: int, beside: Beside | None) -> None:
    """Take what a replica made of the inputs from `start` on, but for the records that the run has `held` already."""
    for path in made.images:
        run.take_image(path)
    if made.images:
        made.images[0].parent.rmdir()
    if beside is None:
        run.append_lines(made.lines[held:])
        return
    for place in range(held // per_input, len(made.lines) // per_input):
        beside.append(start + place, made.beside[place])
        run.append_lines(made.lines[max(held, place * per_input) : (place + 1) * per_input])


@final
class _Workers:
    """One thread for each replica: it asks its process for one block after another."""

    def __init__(self, start: Callable[[int], Replica], count: int, blocks: range) -> None:
        self._start = start
        self._waiting = list(reversed(blocks))
        self._ended: dict[int, BlockResult] = {}
        self._next = blocks.start
        self._failure: Exception | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._replicas: dict[int, Replica] = {}
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            replicas = [*self._replicas.values()]
        for replica in replicas:
            replica.close()
        for thread in self._threads:
            thread.join()

    def made(self, block: int) -> BlockResult:
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
        try:
            while (block := self._take()) is not None:
                try:
                    made = self._replica(number).make(block)
                except ReplicaDied as death:
                    deaths += 1
                    self._requeue(number, block)
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

    def _replica(self, number: int) -> Replica:
        if number not in self._replicas:
            replica = self._start(number)
            with self._changed:
                self._replicas[number] = replica
                if self._closed:
                    replica.close()
        return self._replicas[number]

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

    def _requeue(self, number: int, block: int) -> None:
        with self._changed:
            self._replicas.pop(number, None)
            self._waiting = sorted([*self._waiting, block], reverse=True)
            self._changed.notify_all()

    def _hand_on(self, block: int, made: BlockResult) -> None:
        with self._changed:
            self._ended[block] = made
            self._changed.notify_all()


def _starter(task: ReplicaTask) -> tuple[Callable[[Path, int], Replica], int]:
    """What starts the replica of a number, and how many there are. Raises ConfigError for what is not there."""
    config, message = task.config, task.message()
    count = config.replicas or 1
    if config.ray:
        from burnish.generation.replica_ray import connect

        return connect(config.ray, message, on_cpu=config.device == "cpu"), count
    gpus = _gpus(config, count)
    return lambda folder, number: ProcessReplica(message, folder / str(number), gpus[number]), count


def _gpus(config: ReplicaFlags, count: int) -> list[str | None]:
    """A GPU for each replica; None where there is none. Raises ConfigError for more replicas than GPUs."""
    from burnish.models.memory import visible_gpus

    gpus = [] if config.device == "cpu" else visible_gpus()
    if not gpus:
        return [None] * count
    if count > len(gpus):
        raise ConfigError(
            f"--replicas {count} need a GPU each, and {len(gpus)} are visible: give --replicas {len(gpus)}."
        )
    return [*gpus[:count]]
