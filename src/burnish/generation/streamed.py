"""Lives whose models are at endpoints: calls flow, and each reply is handed on the moment it comes.

So no life waits for the slowest reply of the others. All models of a run are asked in one event loop; where one of them
fails, the calls that are open at the others come to their end, and what they bring is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import final

from burnish.generation.driver import Lives, Wanted
from burnish.models import Call, Model, Reply, StreamingModel
from burnish.models.base import run_to_end


def live_in_streams(lives: Lives, models: Sequence[StreamingModel]) -> None:
    """Ask these models, which are all that the lives ask, until the last life has ended.

    Raises ModelError or ServerError.
    """
    run_to_end(_ask_all(lives, models))


async def _ask_all(lives: Lives, models: Sequence[StreamingModel]) -> None:
    sources = [_StreamedReplies(lives, model) for model in models]
    gates = {model.address: asyncio.Semaphore(model.places) for model in models}
    streams = [
        asyncio.ensure_future(model.stream(source, source.hear, gates[model.address]))
        for model, source in zip(models, sources, strict=True)
    ]
    await asyncio.wait(streams, return_when=asyncio.FIRST_EXCEPTION)
    lives.stop()
    ends = await asyncio.gather(*streams, return_exceptions=True)
    for failure in filter(None, ends):
        raise failure


@final
class _StreamedReplies:
    """The replies that lives want of one model, as a `CallSource`."""

    def __init__(self, lives: Lives, model: Model) -> None:
        self._lives, self._model = lives, model
        self._numbers = count()
        self._asked: dict[int, Wanted] = {}
        """By the number of their call."""

    @property
    def over(self) -> bool:
        """Whether no call will come any more."""
        return self._lives.over

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there may be a call again, or there will be no more."""
        self._lives.listen(self._model, wake)

    def take(self) -> Call | None:
        """The next call; None where there is none now."""
        wanted = self._lives.next_for(self._model)
        if wanted is None:
            return None
        self._asked[next(self._numbers)] = wanted
        return Call(wanted.ask.build, wanted.ask.decoding)

    def hear(self, number: int, reply: Reply) -> None:
        """Keep the reply to a call, then let its life go on."""
        wanted = self._asked.pop(number)
        self._lives.keep([(wanted, reply)])
        self._lives.heard()
        self._lives.hand_on(wanted, reply)
