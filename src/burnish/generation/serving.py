"""Where this process is a replica: `fill` makes the blocks that it is asked for, instead of a whole run.

The verb's own function runs as ever, on a run of its own in a temporary folder, until it comes to `fill`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn, final

from burnish.generation.batched import live_in_batches
from burnish.generation.driver import Beside, Lives
from burnish.generation.script import Begin
from burnish.progress import Progress
from burnish.records import Dropped, Example, Json
from burnish.sources import Inputs
from burnish.store import Run
from burnish.store.codec import glance

DROPPED = "dropped"
"""What lines call a record that is none."""


class Served(Exception):
    """No more blocks are wanted."""


@final
@dataclass(frozen=True)
class Serving:
    """Two pipes: numbers of blocks come by one, what they hold goes by the other, a line each."""

    wanted: BinaryIO
    answers: BinaryIO

    def serve(
        self, run: Run, inputs: Inputs, begin: Begin, *, per_input: int, batch: int, beside: Beside | None
    ) -> NoReturn:
        """Make blocks of `batch` inputs until no more are wanted; then raises Served."""
        for line in self.wanted:
            block = int(line)
            made = len(run)
            part = _BlockInputs(inputs, block * batch, batch)
            left = _Left(beside) if beside else None
            with Progress("block", len(part), silent_s=float("inf")) as progress:
                live_in_batches(
                    Lives(
                        run,
                        part,
                        begin,
                        room=batch,
                        progress=progress,
                        per_input=per_input,
                        begins=part.start,
                        beside=left,
                    )
                )
            lines = [*run.lines(made)]
            seen = [*map(glance, lines)]
            self.answer(
                {
                    "lines": len(lines),
                    "dropped": [place for place, one in enumerate(seen) if one.kind == DROPPED],
                    "images": _moved(run, dict.fromkeys(key for one in seen for key in one.images), block),
                    "beside": left.left if left else [],
                },
                lines,
            )
        raise Served

    def answer(self, message: dict[str, object], lines: Iterable[bytes] = ()) -> None:
        """Send one line, and those that it counts behind it."""
        self.answers.write(json.dumps(message).encode() + b"\n")
        self.answers.writelines(lines)
        self.answers.flush()


@final
@dataclass(frozen=True)
class _Left:
    """What is left beside records, for the driver to write."""

    beside: Beside
    left: list[list[Json]] = field(default_factory=list)
    """Of each input of the block."""

    def take(self, position: int) -> list[Json]:
        """As the verb's own."""
        return self.beside.take(position)

    def append(self, _: int, left: Sequence[Json]) -> None:
        """Keep it for the answer."""
        self.left.append([*left])


def _moved(run: Run, keys: Iterable[str], block: int) -> list[str]:
    """The pictures in a folder of the block's own: the driver takes them while the next block is made."""
    folder = run.path.with_name(f"{run.path.name}-block-{block}")
    paths = [run.image_path(key) for key in keys]
    if paths:
        folder.mkdir()
    return [str(path.rename(folder / path.name)) for path in paths]


@final
@dataclass(frozen=True)
class _BlockInputs:
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
