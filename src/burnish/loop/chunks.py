"""Examples in, records out, in chunks of a fixed number of inputs: for models that answer in batches.

A chunk torn by a kill is made again whole, because what a model answers can depend (in the last digits) on its
neighbours in a batch, and only its missing records are appended. So a run that was killed any number of times holds the
records of an undisturbed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from burnish.progress import Progress
from burnish.records import Dropped, Example, Record
from burnish.sources import Inputs
from burnish.store import Run

MakeRecords: TypeAlias = Callable[[Sequence[Example]], Sequence[Sequence[Record]]]
"""From some examples to the records of each: as many records for every example."""

CHUNK = 64
"""Inputs in a chunk: several full batches, so that sorting by length pays, and little to lose."""


def fill(run: Run, inputs: Inputs, make: MakeRecords, *, label: str, per_input: int = 1, chunk: int = CHUNK) -> None:
    """Append `per_input` records for every input that the run does not hold yet.

    An input that its source had to drop counts as one Dropped record, followed by copies of it up to `per_input`,
    so that the record at position p always belongs to input p // per_input.
    """
    done = len(run)
    first = done // per_input // chunk * chunk
    outcomes = inputs.from_index(first)
    position = first * per_input
    with Progress(label, len(inputs), done=done // per_input) as progress:
        while batch := list(islice(outcomes, chunk)):
            records = [record for made in _make_chunk(batch, make, per_input) for record in made]
            fresh = records[max(0, done - position) :]
            run.append(fresh)
            position += len(records)
            dropped = sum(isinstance(record, Dropped) for record in fresh)
            progress.advance(len(fresh) // per_input, f"{dropped} of the last {len(fresh)} dropped")


def _make_chunk(outcomes: Sequence[Example | Dropped], make: MakeRecords, per_input: int) -> Iterator[Sequence[Record]]:
    made = iter(make([outcome for outcome in outcomes if isinstance(outcome, Example)]))
    for outcome in outcomes:
        yield [outcome] * per_input if isinstance(outcome, Dropped) else next(made)
