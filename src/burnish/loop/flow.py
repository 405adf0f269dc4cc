"""Examples in, records out, one by one: for a model that is asked in calls which overlap, at an endpoint.

Replies come in any order, and are kept in the run's journal until all of an example are there and no earlier example is
missing: then its records are appended. So a killed run that is begun again asks for no reply that has come.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple, Protocol, final

from burnish.models import Call, Reply
from burnish.progress import Progress
from burnish.records import Dropped, Example, Record
from burnish.sources import Inputs
from burnish.store import Part, Run
from burnish.store.codec import from_json, to_json


class Asked(NamedTuple):
    """An example and what a model said about it."""

    example: Example
    replies: tuple[Reply, ...]
    """One for each of its calls, in their order."""


class Maker(Protocol):
    """Makes an example's records of what a model says about it."""

    def calls(self, example: Example) -> Sequence[Call]:
        """What the model is asked, the same whenever it is called."""
        ...

    def records(self, asked: Sequence[Asked]) -> Sequence[Sequence[Record]]:
        """The records of each example: as many for every one."""
        ...


@dataclass(slots=True)
class _Open:
    """An input on its way to its records."""

    outcome: Example | Dropped
    replies: dict[int, Reply]
    """Those that are there, by the number of their call."""
    needed: int


@final
class Flow:
    """The inputs from the end of a run on: their calls go out, their replies come back, their records go in.

    `calls` is read in another thread than `keep` is called in, so a lock guards what both see.
    """

    def __init__(self, run: Run, inputs: Inputs, maker: Maker, *, per_input: int, progress: Progress) -> None:
        self._run, self._maker, self._per_input, self._progress = run, maker, per_input, progress
        self._next = len(run) // per_input
        """The input whose records come next."""
        self._outcomes = enumerate(inputs.from_index(self._next), start=self._next)
        self._open: dict[int, _Open] = {}
        self._asked: dict[int, tuple[int, int]] = {}
        """Of calls without a reply: the input, and which of its calls."""
        self._dropped = 0
        self._noted = set[str]()
        """Fields that the endpoint refused, which the run has noted."""
        self._lock = threading.Lock()

    def calls(self) -> Iterator[Call]:
        """All calls whose replies the run does not keep yet."""
        numbers = count()
        for place, outcome in self._outcomes:
            calls = self._maker.calls(outcome) if isinstance(outcome, Example) else ()
            with self._lock:
                one = self._open[place] = _Open(outcome, self._kept(place, len(calls)), needed=len(calls))
                missing = [which for which in range(len(calls)) if which not in one.replies]
                self._append_finished()
            for which in missing:
                self._asked[next(numbers)] = (place, which)
                yield calls[which]

    def keep(self, number: int, reply: Reply) -> None:
        """The reply to one of `calls`, by its number in their order."""
        with self._lock:
            place, which = self._asked.pop(number)
            self._run.keep_reply(self._part(place, which), to_json(reply))
            if new := {*reply.asked_without} - self._noted:
                self._run.note(sorted(new))
                self._noted |= new
            self._open[place].replies[which] = reply
            self._append_finished()

    def _kept(self, place: int, needed: int) -> dict[int, Reply]:
        found = {which: self._run.reply(self._part(place, which)) for which in range(needed)}
        return {which: from_json(Reply, reply) for which, reply in found.items() if reply is not None}

    def _part(self, place: int, which: int) -> Part:
        """Replies are kept until the last record of their input is in the run."""
        return Part((place + 1) * self._per_input - 1, f"reply {which + 1}")

    def _append_finished(self) -> None:
        """Append the records that wait for no earlier ones."""
        while (one := self._open.get(self._next)) and len(one.replies) == one.needed:
            torn = len(self._run) - self._next * self._per_input
            records = self._records(one)
            self._run.append(records[torn:])
            del self._open[self._next]
            self._next += 1
            self._dropped += sum(isinstance(record, Dropped) for record in records)
            self._progress.advance(1, f"{self._dropped:,} dropped")

    def _records(self, one: _Open) -> Sequence[Record]:
        if isinstance(one.outcome, Dropped):
            return [one.outcome] * self._per_input
        [records] = self._maker.records([Asked(one.outcome, tuple(one.replies[which] for which in range(one.needed)))])
        return records
