"""Pairs that are never trained on, by which a training is watched."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, final

from burnish.train.data import Answers, Prepared
from burnish.train.prepare import open_table
from burnish.train.sequences import Batch

TABLE: Final = "held-out.arrow"
"""Beside the table of what is trained on."""


@final
class HeldOut:
    """The pairs of a run, a batch at a time."""

    def __init__(self, pairs: Answers, *, batch_size: int, every: int) -> None:
        """They are looked at after each `every` steps, and after the last one."""
        self.pairs, self._size, self._every = pairs, batch_size, every

    def due(self, step: int, last: int) -> bool:
        """Whether they are to be looked at after this step of so many."""
        return step == last or step % self._every == 0

    def batches(self, folder: Path) -> Iterator[Batch]:
        """All of them in their order, from the folder that holds the tables."""
        table = open_table(folder / TABLE)
        for first in range(0, len(table), self._size):
            yield self.pairs.collate([table[row] for row in range(first, min(first + self._size, len(table)))])


@final
class Watched:
    """Pairs to train on, and others to watch the training by."""

    def __init__(self, pairs: Answers, held_out: HeldOut) -> None:
        self._pairs, self._held_out = pairs, held_out
        self.fingerprints: Mapping[str, str] = {
            **pairs.fingerprints,
            **{f"held_out_{name}": value for name, value in held_out.pairs.fingerprints.items()},
        }
        self.collate, self.accompany = pairs.collate, pairs.accompany

    def prepare(self, table: Path) -> Prepared:
        """Write both tables; says how many pairs are held out, and whether their pictures are."""
        prepared, beside = self._pairs.prepare(table), table.with_name(TABLE)
        print(f"Held out: {self._held_out.pairs.prepare(beside).sentence()}", file=sys.stderr)
        # of several runs, pictures are named with their run's number in front
        trained = {name.rpartition(":")[2] for name in open_table(table)["picture"]}
        held = open_table(beside)["picture"]
        if shared := sum(name in trained for name in held):
            print(
                f"burnish: {shared:,} of {len(held):,} held-out pairs are about pictures that are trained on.",
                file=sys.stderr,
            )
        return prepared
