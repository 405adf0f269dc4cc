"""Many lives at once: a window over a run's inputs, each reply kept on disk before it counts, records in order.

Replies come in any order. They stand in the run's journal until their life has ended and no earlier one has not: then
its records are appended. A run that was killed and is begun again is the same lives over replies that it knows already.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Protocol, final

from burnish.generation.requests import Ask, KnownReply
from burnish.generation.script import Begin, Life, Records
from burnish.models import Model, Reply
from burnish.progress import Progress
from burnish.records import Dropped, Example, Json
from burnish.replies import is_lost
from burnish.sources import Inputs
from burnish.store import JournalEntry, Run
from burnish.store.codec import from_json, to_json


class Beside(Protocol):
    """What a run keeps of each input beside its records; it goes to the disk just before them."""

    def take(self, position: int) -> list[Json]:
        """What the life of the input at this place left."""
        ...

    def append(self, position: int, left: Sequence[Json]) -> None:
        """Write it. A kill between this and the records has it written again."""
        ...


AHEAD = 4
"""Times as many lives as may be open may wait, ended, for an earlier one; beyond that no other is opened."""


@dataclass(slots=True, eq=False)
class Open:
    """A life that has not ended."""

    position: int
    """Of its example among the inputs."""
    life: Life
    asks: Sequence[Ask | KnownReply] | None = None
    """What it waits for; None where it has not begun."""
    replies: dict[int, Reply] = field(default_factory=dict)
    """Those of them that are there."""

    @property
    def has_all(self) -> bool:
        """Whether it waits for nothing."""
        return self.asks is None or len(self.replies) == len(self.asks)

    def go_on(self) -> Sequence[Ask | KnownReply]:
        """Send it the replies; what it waits for next. Raises StopIteration with its records."""
        if self.asks is None:
            return next(self.life)
        return self.life.send([self.replies[place] for place in range(len(self.asks))])


class Wanted(NamedTuple):
    """A reply that an open life waits for."""

    one: Open
    place: int
    """Among all that it waits for."""
    ask: Ask


class Counts(NamedTuple):
    """How far a run is."""

    replies: int
    """That came in this process."""
    open: int
    dropped: int


def usual_note(counts: Counts) -> str:
    """ "1,234 replies, 64 open, 3 dropped"."""
    dropped = f", {counts.dropped:,} dropped" if counts.dropped else ""
    return f"{counts.replies:,} repl{'y' if counts.replies == 1 else 'ies'}, {counts.open:,} open{dropped}"


@final
class Lives:
    """The lives of a run's inputs, from the end of the run on.

    They may be opened in one thread while replies are handed on in another.
    """

    def __init__(
        self,
        run: Run,
        inputs: Inputs,
        begin: Begin,
        *,
        room: int,
        block: int = 0,
        progress: Progress,
        per_input: int = 1,
        beside: Beside | None = None,
        note: Callable[[Counts], str] = usual_note,
        begins: int | None = None,
    ) -> None:
        """`room` lives are open at a time; each ends in `per_input` records.

        With a `block`, those of so many inputs are, counted from the first input of all, and no other before all of
        these have ended: so batches do not depend on where a run was killed, or how it is divided.
        What lives leave `beside` their records is written with these.
        A run that holds other records already may go on with the inputs from the one where it `begins`.
        """
        self._run, self._begin, self._per_input = run, begin, per_input
        self._room, self._block = room, block
        self._progress, self._beside, self._note = progress, beside, note
        self._first = 0 if begins is None else len(run) - begins * per_input
        """The place in the run of the first input's first record."""
        self._next = (len(run) - self._first) // per_input
        """The input whose records come next."""
        self._inputs = enumerate(inputs.from_index(self._next), start=self._next)
        self._reached = self._next
        """The input that is opened next."""
        self._before = run.before(self._next * per_input)
        """Records of an earlier run, of which only the lost ones are made anew."""
        self._left = True
        """Whether inputs are."""
        self._stopped = False
        self._open: dict[int, Open] = {}
        self._ended: dict[int, Records] = {}
        self._wanted: defaultdict[int, deque[Wanted]] = defaultdict(deque)
        """By the model that is to be asked."""
        self._wake: dict[int, Callable[[], None]] = {}
        self._replies = self._dropped = 0
        self._noted = set[str]()
        """Fields that an endpoint refused, which the run has noted."""
        self._lock, self._opening = threading.RLock(), threading.Lock()

    @property
    def over(self) -> bool:
        """Whether nothing is left to be asked for."""
        with self._lock:
            return self._stopped or not (self._left or self._open)

    def listen(self, model: Model, wake: Callable[[], None]) -> None:
        """Call `wake` when there may be another reply to ask this model for, and when there will be no more."""
        self._wake[id(model)] = wake

    def stop(self) -> None:
        """Want no more replies; those that still come are kept."""
        self._stopped = True
        self._wake_all()

    def open_next(self) -> bool:
        """Open another life. False where there is no room, or no input."""
        with self._opening:
            if self._stopped or not self._left or not self._has_room():
                return False
            position, outcome = next(self._inputs, (-1, None))
            with self._lock:
                self._reached = position + 1
                if outcome is None:
                    self._left = False
                elif kept := self._kept():
                    self._ended[position] = kept
                elif isinstance(outcome, Example):
                    self._advance(Open(position, self._begin(position, outcome)))
                else:
                    self._ended[position] = [outcome] * self._per_input
                self._append_ended()
                return self._left

    def next_for(self, model: Model) -> Wanted | None:
        """The next reply to ask a model for; None where there is none now."""
        opened = True
        while opened and not self._stopped:
            opened = self.open_next()
            with self._lock:
                if queue := self._wanted[id(model)]:
                    return queue.popleft()
        return None

    def take_all(self) -> list[Wanted]:
        """All replies that are waited for, in the order of the inputs."""
        with self._lock:
            wanted = [one for queue in self._wanted.values() for one in queue]
            self._wanted.clear()
        return sorted(wanted, key=lambda one: (one.one.position, one.place))

    def requeue(self, wanted: Iterable[Wanted]) -> None:
        """They are asked for later."""
        for one in wanted:
            self._wanted[id(one.ask.model)].append(one)

    def heard(self) -> None:
        """Tell of a reply that came."""
        with self._lock:
            self._replies += 1
            self._report(0)

    def keep(self, replies: Sequence[tuple[Wanted, Reply]]) -> None:
        """Bring replies to the disk, all or, where a kill comes between, none."""
        with self._lock:
            self._run.keep_replies({self._part(one.one, one.ask.name): to_json(reply) for one, reply in replies})
            if new := {name for _, reply in replies for name in reply.asked_without} - self._noted:
                self._run.note(sorted(new))
                self._noted |= new

    def hand_on(self, wanted: Wanted, reply: Reply) -> None:
        """Let a life go on with a reply, once it has all that it waits for."""
        one = wanted.one
        with self._lock:
            one.replies[wanted.place] = reply
            self._advance(one)
            self._append_ended()

    def _kept(self) -> Records:
        """The records that were set aside of the input that was opened last; none where one of them is lost."""
        records = [*islice(self._before or (), self._per_input)]
        return records if len(records) == self._per_input and not any(map(is_lost, records)) else ()

    def _has_room(self) -> bool:
        with self._lock:
            if self._block:
                return self._reached < (self._next // self._block + 1) * self._block
            return len(self._open) < self._room and len(self._open) + len(self._ended) < AHEAD * self._room

    def _advance(self, one: Open) -> None:
        """Let a life go on until it waits for a reply that is not there, or ends."""
        self._open[one.position] = one
        while one.has_all:
            try:
                one.asks = one.go_on()
            except StopIteration as end:
                del self._open[one.position]
                self._ended[one.position] = end.value
                return
            one.replies = self._known(one, one.asks)
            for place, ask in enumerate(one.asks):
                if place not in one.replies and isinstance(ask, Ask):
                    self._want(Wanted(one, place, ask))

    def _want(self, wanted: Wanted) -> None:
        model = id(wanted.ask.model)
        self._wanted[model].append(wanted)
        if wake := self._wake.get(model):
            wake()

    def _known(self, one: Open, asks: Sequence[Ask | KnownReply]) -> dict[int, Reply]:
        """The replies that are there, by their places."""
        found = {}
        for place, ask in enumerate(asks):
            if isinstance(ask, KnownReply):
                found[place] = ask.reply
            elif (kept := self._run.reply(self._part(one, ask.name))) is not None:
                found[place] = from_json(Reply, kept)
        return found

    def _part(self, one: Open, name: str) -> JournalEntry:
        """Replies are kept until the last record of their input is in the run."""
        return JournalEntry(self._first + (one.position + 1) * self._per_input - 1, name)

    def _append_ended(self) -> None:
        """Append the records that wait for no earlier ones."""
        while (records := self._ended.pop(self._next, None)) is not None:
            if self._beside:
                self._beside.append(self._next, self._beside.take(self._next))
            torn = len(self._run) - self._first - self._next * self._per_input
            self._run.append(records[torn:])
            self._next += 1
            self._dropped += sum(isinstance(record, Dropped) for record in records)
            self._report(1)
        if not (self._left or self._open):
            self._wake_all()

    def _wake_all(self) -> None:
        for wake in self._wake.values():
            wake()

    def _report(self, done: int) -> None:
        self._progress.advance(done, self._note(Counts(self._replies, len(self._open), self._dropped)))
