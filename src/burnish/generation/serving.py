"""Where this process is a replica: `fill` makes the blocks that it is asked for, instead of a whole run.

The verb's own function runs as ever, on a run of its own in a temporary folder, until it comes to `fill`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import BinaryIO, final

from burnish.generation.batched import live_in_batches
from burnish.generation.driver import Lives
from burnish.generation.script import Begin
from burnish.progress import Progress
from burnish.records import Dropped, Example, pictures_of
from burnish.sources import Inputs
from burnish.store import Run
from burnish.store.codec import to_line


class Served(Exception):
    """No more blocks are wanted."""


@final
@dataclass(frozen=True)
class Serving:
    """Two pipes: numbers of blocks come by one, what they hold goes by the other, a line each."""

    wanted: BinaryIO
    answers: BinaryIO

    def serve(self, run: Run, inputs: Inputs, begin: Begin, *, per_input: int, batch: int) -> None:
        """Make blocks of `batch` inputs until no more are wanted; then raises Served."""
        for line in self.wanted:
            block = int(line)
            made = len(run)
            part = _Part(inputs, block * batch, batch)
            with Progress("block", len(part), silent_s=float("inf")) as progress:
                live_in_batches(
                    Lives(run, part, begin, room=batch, progress=progress, per_input=per_input, begins=part.start)
                )
            records = [run.at(place) for place in range(made, len(run))]
            keys = dict.fromkeys(key for one in records for key in pictures_of(one))
            self.answer({
                "lines": [to_line(record).decode() for record in records],
                "images": [str(run.image_path(key)) for key in keys],
            })  # fmt: skip
        raise Served

    def answer(self, message: dict[str, object]) -> None:
        """Send one line."""
        self.answers.write(json.dumps(message).encode() + b"\n")
        self.answers.flush()


@final
@dataclass(frozen=True)
class _Part:
    """The inputs of one block, at the places that they have among all."""

    whole: Inputs
    start: int
    most: int

    def __len__(self) -> int:
        return min(self.most, len(self.whole) - self.start)

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        """As `Inputs` has it, up to the block's end."""
        return itertools.islice(self.whole.from_index(start), self.start + self.most - start)


SERVING: ContextVar[Serving | None] = ContextVar("SERVING", default=None)
"""Set in a replica's process."""
