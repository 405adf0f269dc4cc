"""Calls that flow through a fixed number of places: as soon as one is answered, the next request takes its place."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import NamedTuple, TypeAlias, final

from burnish.errors import ServerError
from burnish.models.base import Call, OnReply, Reply
from burnish.models.endpoint import Exhausted

Encode: TypeAlias = Callable[[Call], bytes]
"""From a call, whose request it makes, to what is sent."""
Answer: TypeAlias = Callable[[bytes], Awaitable[Reply]]
"""From what is sent to the reply: one call."""

GIVE_UP = 20
"""Requests that may fail with no success between them."""
READY = 32
"""Requests that may be encoded before a place is free, so that none stays empty while a picture is read."""
AHEAD = 4
"""Times as many requests as there are places may have been taken since the oldest that is not answered: callers hold
what waits for it."""


class _Taken(NamedTuple):
    """The next request."""

    number: int
    body: bytes
    failed: int = 0
    """Times that it failed with all its retries."""
    first_sent: int = 0
    """When it was first sent, in ticks of `Calls`."""


class _Aside(NamedTuple):
    """A request that failed, and waits for a sign that the endpoint is well."""

    taken: _Taken
    at: int
    """When it failed, in ticks."""
    why: str


@final
class Calls:
    """Requests on their way from an iterator to their replies.

    One thread reads and encodes them while calls are open: more threads would only take the interpreter from each other
    and from the loop, where all else happens.
    """

    def __init__(
        self, calls: Iterator[Call], encode: Encode, on_reply: OnReply, *, places: int, give_up: int = GIVE_UP
    ) -> None:
        self._calls = enumerate(calls)
        self._encode, self._on_reply, self._places = encode, on_reply, places
        self._ready = asyncio.Queue[_Taken | None]()
        """None stands at the end."""
        self._waiting = set[int]()
        """Numbers of the requests that are not answered."""
        self._next = 0
        self._give_up, self._failed_in_a_row = give_up, 0
        self._ticks = count(1)
        self._aside: list[_Aside] = []
        self._again = deque[_Taken]()
        """Those that are to be sent once more."""
        self._last_success = 0
        """When the request that succeeded last was sent, in ticks."""
        self._moved = asyncio.Event()
        self._stopped = False

    async def answer_all(self, place: Callable[[], Awaitable[None]]) -> None:
        """Run every place; each is to call `work`.

        A failure lets the calls that are open come to their end: their answers may be paid for.
        """
        work = (self._feed(), *(place() for _ in range(self._places)))
        for failure in filter(None, await asyncio.gather(*work, return_exceptions=True)):
            raise failure
        for one in self._aside:
            if self._last_success < one.taken.first_sent:
                raise ServerError(one.why)
            self._drop(one)

    async def work(self, answer: Answer) -> None:
        """Answer one request after another, until none is left or a call has failed."""
        try:
            while (taken := await self._next_to_send()) and not self._stopped:
                sent = next(self._ticks)
                try:
                    reply = await answer(taken.body)
                except Exhausted as failure:
                    self._put_aside(taken, sent, failure)
                else:
                    self._finish(taken.number, reply)
                    self._note_success(sent)
        except BaseException:
            self._stopped = True  # the others would say the same of the rest
            self._moved.set()
            self._ready.put_nowait(None)  # for the next that looks
            raise

    async def _next_to_send(self) -> _Taken | None:
        """A request that failed before and may be sent once more, or the next of all; None where there is no other."""
        if self._again:
            return self._again.popleft()
        taken = await self._ready.get()
        if taken is None:
            self._ready.put_nowait(None)  # for the next that looks
            self._release([one for one in self._aside if one.taken.failed == 1])
            return self._again.popleft() if self._again else None
        return taken

    def _put_aside(self, taken: _Taken, sent: int, failure: Exhausted) -> None:
        """It is not known yet whether this request is at fault, or the endpoint."""
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self._give_up:
            raise ServerError(f"{self._failed_in_a_row} requests failed with no success between them: {failure}")
        taken = taken._replace(failed=taken.failed + 1, first_sent=taken.first_sent or sent)
        self._aside.append(_Aside(taken, next(self._ticks), str(failure)))

    def _note_success(self, sent: int) -> None:
        """What failed before this request was sent is asked once more, and dropped where it failed again."""
        self._failed_in_a_row, self._last_success = 0, max(sent, self._last_success)
        before = [one for one in self._aside if one.at < sent]
        self._release([one for one in before if one.taken.failed == 1])
        for one in before:
            if one.taken.failed > 1:
                self._aside.remove(one)
                self._drop(one)

    def _release(self, ones: Sequence[_Aside]) -> None:
        for one in ones:
            self._aside.remove(one)
            self._again.append(one.taken)

    def _drop(self, one: _Aside) -> None:
        self._finish(one.taken.number, Reply(text="", finish="error", error=f"Others are answered, but {one.why}"))

    def _finish(self, number: int, reply: Reply) -> None:
        self._on_reply(number, reply)
        self._waiting.remove(number)
        self._moved.set()

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
