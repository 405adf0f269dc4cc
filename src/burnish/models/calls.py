"""Calls that flow through a fixed number of places: as soon as one is answered, the next request takes its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias, final

from burnish.models.base import Call, OnReply, Reply

Encode: TypeAlias = Callable[[Call], bytes]
"""From a call, whose request it makes, to what is sent."""
Answer: TypeAlias = Callable[[bytes], Awaitable[Reply]]
"""From what is sent to the reply: one call."""

READY = 32
"""Requests that may be encoded before a place is free, so that none stays empty while a picture is read."""
AHEAD = 4
"""Times as many requests as there are places may have been taken since the oldest that is not answered: callers hold
what waits for it."""


class _Taken(NamedTuple):
    """The next request."""

    number: int
    body: bytes


@final
class Calls:
    """Requests on their way from an iterator to their replies.

    One thread reads and encodes them while calls are open: more threads would only take the interpreter from each other
    and from the loop, where all else happens.
    """

    def __init__(self, calls: Iterator[Call], encode: Encode, on_reply: OnReply, *, places: int) -> None:
        self._calls = enumerate(calls)
        self._encode, self._on_reply, self._places = encode, on_reply, places
        self._ready = asyncio.Queue[_Taken | None]()
        """None stands at the end."""
        self._waiting = set[int]()
        """Numbers of the requests that are not answered."""
        self._next = 0
        self._moved = asyncio.Event()
        self._stopped = False

    async def answer_all(self, place: Callable[[], Awaitable[None]]) -> None:
        """Run every place; each is to call `work`.

        A failure lets the calls that are open come to their end: their answers may be paid for.
        """
        work = (self._feed(), *(place() for _ in range(self._places)))
        for failure in filter(None, await asyncio.gather(*work, return_exceptions=True)):
            raise failure

    async def work(self, answer: Answer) -> None:
        """Answer one request after another, until none is left or a call has failed."""
        try:
            while (taken := await self._ready.get()) and not self._stopped:
                self._on_reply(taken.number, await answer(taken.body))
                self._waiting.remove(taken.number)
                self._moved.set()
        except BaseException:
            self._stopped = True  # the others would say the same of the rest
            self._moved.set()
            raise
        finally:
            self._ready.put_nowait(None)  # for the next that looks

    async def _feed(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            with ThreadPoolExecutor(max_workers=1) as thread:
                while await self._may_take() and (taken := await loop.run_in_executor(thread, self._take)):
                    self._ready.put_nowait(taken)
        finally:
            self._ready.put_nowait(None)

    async def _may_take(self) -> bool:
        """Wait until another request may be taken. False after a failure."""
        while not self._stopped and not self._has_room():
            self._moved.clear()
            await self._moved.wait()
        return not self._stopped

    def _has_room(self) -> bool:
        oldest = min(self._waiting, default=self._next)
        return len(self._waiting) < self._places + READY and self._next - oldest < AHEAD * self._places

    def _take(self) -> _Taken | None:
        """The next request; None where there is no other."""
        for number, call in self._calls:
            self._next = number + 1
            self._waiting.add(number)
            return _Taken(number, self._encode(call))
        return None
