"""A replica as a process on this machine, and what the driver knows of any replica."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, final

from burnish.errors import ModelError
from burnish.records import Json

_LAST_WORDS = 600
"""Characters of a replica's output before it died."""


class BlockResult(NamedTuple):
    """What a replica made of a block."""

    lines: Sequence[bytes]
    """Its records, as the run keeps them."""
    dropped: Sequence[int]
    """Which of them are none."""
    images: Sequence[Path]
    """Where the pictures are that they name, in a folder that is theirs alone."""
    beside: Sequence[list[Json]]
    """What each input left beside its records; empty where the verb keeps nothing there."""


class ReplicaDied(Exception):
    """A replica ended before it answered; its last output."""


class Replica(Protocol):
    """Holds the model, and makes blocks by their numbers."""

    def make(self, block: int) -> BlockResult:
        """The block. Raises ReplicaDied, or ModelError for what the replica says is wrong."""
        ...

    def close(self) -> None:
        """End it, from whatever thread; a `make` that waits raises ReplicaDied."""
        ...


def read_answer(answers: BinaryIO) -> BlockResult | None:
    """What a replica answers; None where it ends before. Raises ModelError where that is what is wrong."""
    head = answers.readline()
    if not head.endswith(b"\n"):
        return None
    answer = json.loads(head)
    if "error" in answer:
        raise ModelError(answer["error"])
    lines = [*islice(answers, answer["lines"])]
    if len(lines) < answer["lines"] or not all(line.endswith(b"\n") for line in lines[-1:]):
        return None
    return BlockResult(lines, answer["dropped"], [*map(Path, answer["images"])], answer["beside"])


@final
class ProcessReplica:
    """A process that runs `replica.py`."""

    def __init__(self, task: Mapping[str, Any], folder: Path, gpu: str | None) -> None:
        """`gpu` is what the process sees of all GPUs; None lets it see what this one does."""
        folder.mkdir(exist_ok=True)
        self._output = folder / "output.txt"
        environment = {"OMP_NUM_THREADS": "1", **os.environ}
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "burnish.generation.replica"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=environment,
            )
        config = {**task["config"], "out": str(folder / f"run-{self._process.pid}")}
        self._send({**task, "config": config})

    def make(self, block: int) -> BlockResult:
        """The block. Raises ReplicaDied, or ModelError for what the replica says is wrong."""
        self._send(block)
        answers = self._process.stdout
        assert isinstance(answers, BufferedReader)
        try:
            made = read_answer(answers)
        except ValueError as error:  # closed meanwhile
            raise ReplicaDied("the run was stopped") from error
        if made is None:
            raise ReplicaDied(self._last_words())
        return made

    def close(self) -> None:
        """End the process, then the pipes: a `make` that waits sees the end of its own."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was still to be written cannot be any more
                if pipe:
                    pipe.close()

    def _send(self, what: object) -> None:
        wanted = self._process.stdin
        assert wanted is not None
        try:
            wanted.write(json.dumps(what).encode() + b"\n")
            wanted.flush()
        except (OSError, ValueError) as error:  # it is dead, or closed
            raise ReplicaDied(self._last_words()) from error

    def _last_words(self) -> str:
        self.close()
        output = self._output.read_text(errors="replace").strip()[-_LAST_WORDS:]
        ending = f"its last output: {output}" if output else "without any output"
        return f"exit code {self._process.returncode}, {ending}"
