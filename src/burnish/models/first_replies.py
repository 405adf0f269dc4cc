"""Whether an endpoint refuses everything: then nothing of it may become a record."""

from __future__ import annotations

from typing import final

from burnish.errors import ServerError
from burnish.models.base import OnReply, Reply

SAME = 8
"""First replies that are all refusals with one text tell of the endpoint, and not of eight requests."""


@final
class FirstReplies:
    """Passes replies on, the first ones only when they are known not to be all the same refusal."""

    def __init__(self, on_reply: OnReply) -> None:
        self._on_reply = on_reply
        self._held: list[tuple[int, Reply]] | None = []
        """Refusals so far; None when replies pass."""

    def __call__(self, number: int, reply: Reply) -> None:
        """The next reply. Raises ServerError at the last of the first refusals that are all the same."""
        if self._held is None:
            self._on_reply(number, reply)
            return
        self._held.append((number, reply))
        if not reply.error or reply.error != self._held[0][1].error:
            self.close()
        elif len(self._held) == SAME:
            raise ServerError(
                f"The endpoint refused the first {SAME} requests, all with the same words, and nothing of it is kept: "
                f"{reply.error}"
            )

    def close(self) -> None:
        """Pass on what is held."""
        held, self._held = self._held or [], None
        for number, reply in held:
            self._on_reply(number, reply)
