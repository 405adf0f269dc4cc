"""Calls that flow through a fixed number of places: as soon as one is answered, the next request takes its place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple, TypeAlias, final

from burnish.models.base import BuildRequest, OnReply, Reply, Request

Encode: TypeAlias = Callable[[Request], bytes]
"""From a request to what is sent."""
Answer: TypeAlias = Callable[[bytes], Awaitable[Reply]]
"""From what is sent to the reply: one call."""

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

    They are read and encoded in threads, so that the calls that are open go on meanwhile; all else happens in the loop.
    """

    def __init__(self, requests: Iterator[BuildRequest], encode: Encode, on_reply: OnReply, *, places: int) -> None:
        self._requests = enumerate(requests)
        self._encode, self._on_reply, self._places = encode, on_reply, places
        self._reading = threading.Lock()
        self._moved = asyncio.Condition()
        self._taken = 0
        self._waiting = set[int]()
        """Numbers of the requests that are not answered."""
        self._stopped = False

    async def answer_all(self, place: Callable[[], Awaitable[None]]) -> None:
        """Run every place; each is to call `work`.

        A failure lets the calls that are open come to their end: their answers may be paid for.
        """
        work = (place() for _ in range(self._places))
        for failure in filter(None, await asyncio.gather(*work, return_exceptions=True)):
            raise failure

    async def work(self, answer: Answer) -> None:
        """Answer one request after another, until none is left or a call has failed."""
        try:
            while (taken := await self._take()) is not None:
                self._on_reply(taken.number, await answer(taken.body))
                await self._settle(taken.number)
        except BaseException:
            self._stopped = True  # the others would say the same of the rest
            await self._settle()
            raise

    async def _take(self) -> _Taken | None:
        """The next request; None where there is no other."""
        async with self._moved:
            await self._moved.wait_for(self._may_take)
        return None if self._stopped else await asyncio.to_thread(self._read)

    def _may_take(self) -> bool:
        return self._stopped or self._taken - min(self._waiting, default=self._taken) < AHEAD * self._places

    def _read(self) -> _Taken | None:
        with self._reading:
            number, build = next(self._requests, (-1, None))
            if build is None:
                return None
            self._taken = number + 1
            self._waiting.add(number)
        return _Taken(number, self._encode(build()))

    async def _settle(self, *answered: int) -> None:
        self._waiting.difference_update(answered)
        async with self._moved:
            self._moved.notify_all()
