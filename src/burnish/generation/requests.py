"""What a life needs from outside: a reply that a model is asked for, or one that is known without asking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final, overload

from burnish.models import Decoding, Model, Reply, Request


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """A reply that a model is asked for."""

    name: str
    """Which of its record's replies this is, by which the journal keeps it: "student 2"."""
    model: Model
    build: Callable[[], Request]
    """Makes the request when it is reached, so that few pictures are open at a time."""
    decoding: Decoding
    scored: bool = False
    """Whether the model, if it can, is to say how likely it finds the replies to all that is asked together, each
    after the first of their requests."""


@final
@dataclass(frozen=True, slots=True)
class KnownReply:
    """A reply that no model is asked for: an oracle gives it."""

    name: str
    reply: Reply


@final
class Requests(Sequence[Request]):
    """Requests that are made when they are reached."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self._asks = asks

    def __len__(self) -> int:
        return len(self._asks)

    @overload
    def __getitem__(self, index: int) -> Request: ...

    @overload
    def __getitem__(self, index: slice) -> Requests: ...

    def __getitem__(self, index: int | slice) -> Request | Requests:
        return Requests(self._asks[index]) if isinstance(index, slice) else self._asks[index].build()
