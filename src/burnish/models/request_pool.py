"""Calls that flow through a fixed number of places: as soon as one is answered, the next request takes its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import NamedTuple, TypeAlias, final

from burnish.errors import ServerError
from burnish.models.base import Call, CallSource, OnReply, Reply
from burnish.models.endpoint import Exhausted
from burnish.replies import FAILED_AT_SERVER

Encode: TypeAlias = Callable[[Call], bytes]
"""From a call, whose request it makes, to what is sent."""
SendRequest: TypeAlias = Callable[[bytes], Awaitable[Reply]]
"""From what is sent to the reply: one call."""

GIVE_UP = 20
"""Requests that may fail without a success in between."""
READY = 32
"""Requests that may be encoded before a place is free, so that none stays empty while a picture is read."""
FIRST = 8
"""Requests that are encoded before any is sent: what they need for the first time, such as torch for a distortion, is
loaded while no call is open and waits for it."""


class _OpenRequest(NamedTuple):
    """A request that was taken and is not answered."""

    number: int
    body: bytes
    failed: int = 0
    """Times that it failed with all its retries."""


class _Aside(NamedTuple):
    """A request that failed, and waits for a sign that the endpoint is well."""

    taken: _OpenRequest
    at: int
    """When it failed, in ticks."""
    why: str


@final
class RequestPool:
    """Requests on their way from a source to their replies.

    One thread reads and encodes them while calls are open: more threads would only take the interpreter from each other
    and from the loop, where all else happens.
    """

    def __init__(
        self,
        source: CallSource,
        encode: Encode,
        on_reply: OnReply,
        *,
        places: int,
        give_up: int = GIVE_UP,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_idle` is called where no call is open and none can be taken before replies have been heard."""
        self._source, self._encode, self._on_reply, self._on_idle = source, encode, on_reply, on_idle
        self._places = places
        self._ready = asyncio.Queue[_OpenRequest | None]()
        """None stands at the end."""
        self._begun = asyncio.Event()
        """Set when the first requests are encoded."""
        self._numbers = count()
        self._waiting = 0
        """Requests that are not answered, those aside included."""
        self._give_up, self._failed_in_a_row = give_up, 0
        self._ticks = count(1)
        self._aside: list[_Aside] = []
        self._answered = False
        """Whether any request was."""
        self._moved = asyncio.Event()
        self._stopped = False

    async def answer_all(self, place: Callable[[], Awaitable[None]], is_well: Callable[[], Awaitable[bool]]) -> None:
        """Run every place; each is to call `work`. `is_well` tells whether the endpoint answers anything at all.

        A failure lets the calls that are open come to their end: their answers may be paid for.
        """
        work = (self._until_end(self._feed(is_well)), *(self._until_end(place()) for _ in range(self._places)))
        for failure in filter(None, await asyncio.gather(*work, return_exceptions=True)):
            raise failure

    async def work(self, answer: SendRequest) -> None:
        """Answer one request after another, until none is left or a call has failed."""
        await self._begun.wait()
        while (taken := await self._ready.get()) and not self._stopped:
            sent = next(self._ticks)
            try:
                reply = await answer(taken.body)
            except Exhausted as failure:
                self._set_aside(taken, failure)
            else:
                self._finish(taken.number, reply)
                self._note_success(sent)

    async def _until_end(self, work: Awaitable[None]) -> None:
        """When one is at its end, or has failed, the others are to come to theirs: they would say the same of the
        rest.
        """
        try:
            await work
        finally:
            self._stopped = True
            self._begun.set()
            self._moved.set()
            self._ready.put_nowait(None)  # for the next that looks

    def _set_aside(self, taken: _OpenRequest, failure: Exhausted) -> None:
        """It is not known yet whether this request is at fault, or the endpoint."""
        self._failed_in_a_row += 1
        if self._give_up == 1:
            raise failure
        if self._failed_in_a_row >= self._give_up:
            raise ServerError(f"{self._failed_in_a_row} requests failed without a success in between: {failure}")
        self._aside.append(_Aside(taken._replace(failed=taken.failed + 1), next(self._ticks), str(failure)))
        self._moved.set()

    def _note_success(self, sent: int) -> None:
        """What failed before this request was sent is asked once more, and dropped where it failed again."""
        self._failed_in_a_row, self._answered = 0, True
        before = [one for one in self._aside if one.at < sent]
        self._release([one for one in before if one.taken.failed == 1])
        for one in before:
            if one.taken.failed > 1:
                self._drop(one)

    def _release(self, ones: Sequence[_Aside]) -> None:
        for one in ones:
            self._aside.remove(one)
            self._ready.put_nowait(one.taken)

    def _drop(self, one: _Aside) -> None:
        self._aside.remove(one)
        self._finish(one.taken.number, Reply(text="", finish="error", error=f"{FAILED_AT_SERVER}{one.why}"))

    def _finish(self, number: int, reply: Reply) -> None:
        self._waiting -= 1
        self._moved.set()
        self._on_reply(number, reply)

    async def _feed(self, is_well: Callable[[], Awaitable[bool]]) -> None:
        """Take requests as there is room for them; where none can be taken, decide about those aside."""
        loop = asyncio.get_running_loop()
        self._source.listen(partial(self._wake, loop))
        with ThreadPoolExecutor(max_workers=1) as thread:
            while not self._stopped:
                self._moved.clear()
                has_room = self._waiting < self._places + READY
                if has_room and (taken := await loop.run_in_executor(thread, self._take)):
                    self._line_up(taken)
                    continue
                self._begun.set()
                if self._waiting > len(self._aside):
                    await self._moved.wait()
                elif self._aside:
                    await self._settle(is_well)
                else:
                    self._on_idle()
                    if self._source.over:
                        break
                    await self._moved.wait()

    def _line_up(self, taken: _OpenRequest) -> None:
        self._waiting += 1
        self._ready.put_nowait(taken)
        if self._ready.qsize() >= FIRST:
            self._begun.set()

    async def _settle(self, is_well: Callable[[], Awaitable[bool]]) -> None:
        """No other request will tell whether the endpoint is well: ask once more, then ask the endpoint itself."""
        if once := [one for one in self._aside if one.taken.failed == 1]:
            self._release(once)
        elif self._answered and await is_well():
            for one in [*self._aside]:
                self._drop(one)
        else:
            raise ServerError(self._aside[0].why)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._moved.is_set():
            loop.call_soon_threadsafe(self._moved.set)

    def _take(self) -> _OpenRequest | None:
        """The next request; None where there is none now."""
        call = self._source.take()
        return None if call is None else _OpenRequest(next(self._numbers), self._encode(call))
