"""A window over a run's inputs: many examples are open at once, and their records come out in the inputs' order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar, final

from burnish.ids import content_key
from burnish.records import Dialogue, Dropped, Ending, Example, ReplyEnd, Turn
from burnish.sources import Inputs

Outcome: TypeAlias = Dialogue | Dropped

AHEAD = 4
"""Times as many as may be open may wait, finished, for an earlier one; beyond that no other is opened."""


@dataclass(slots=True)
class Open:
    """An example on its way to its record."""

    position: int
    """Of the record in the run."""
    example: Example
    replies: list[ReplyEnd] = field(default_factory=list)
    """What became of each reply so far."""

    def dropped(self, reason: str, detail: str) -> Dropped:
        """The record of an example that is given up."""
        example = self.example
        return Dropped(id=example.id, source=example.source, reason=reason, detail=detail, replies=tuple(self.replies))

    def ended(self, turns: tuple[Turn, ...], ending: Ending = "") -> Dialogue:
        """The record of an example about which these turns were made."""
        example = self.example
        return Dialogue(
            id=example.id,
            image=content_key(example.image),
            question=example.question,
            answer=example.answer or "",
            turns=turns,
            source=example.source,
            ended=ending,
            facts=example.facts,
            replies=tuple(self.replies),
        )


T = TypeVar("T", bound=Open)


@final
class Window(Generic[T]):
    """The examples that are open, and the records that wait for an earlier example's."""

    def __init__(self, inputs: Inputs, *, start: int, room: int, enter: Callable[[int, Example], T]) -> None:
        """From the input at `start` on, `room` examples are open at a time; `enter` opens one for its position."""
        self._inputs = enumerate(inputs.from_index(start), start=start)
        self._next, self._room, self._enter = start, room, enter
        self._open: dict[int, T] = {}
        self._finished: dict[int, Outcome] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[T]:
        """Those that are open now; they may leave meanwhile."""
        return iter(tuple(self._open.values()))

    def __getitem__(self, position: int) -> T:
        return self._open[position]

    def refill(self) -> bool:
        """Open examples until the window is full. False when there is nothing left to do.

        An input that its source had to drop stays so, and one without a ground truth is dropped.
        """
        while len(self._open) < self._room and len(self._open) + len(self._finished) < AHEAD * self._room:
            position, outcome = next(self._inputs, (-1, None))
            if outcome is None:
                break
            if isinstance(outcome, Dropped):
                self._finished[position] = outcome
                continue
            entering = self._open[position] = self._enter(position, outcome)
            if outcome.answer is None:
                self.leave(entering, entering.dropped("no ground truth", outcome.question))
        return bool(self._open or self._finished)

    def leave(self, one: T, record: Outcome) -> None:
        """It is finished, and this is its record."""
        del self._open[one.position]
        self._finished[one.position] = record

    def in_order(self) -> Iterator[Outcome]:
        """The records that no earlier one is missing before, each once."""
        while (record := self._finished.pop(self._next, None)) is not None:
            self._next += 1
            yield record
