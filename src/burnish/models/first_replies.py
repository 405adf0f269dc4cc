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
        self._held: list[tuple[int, Reply]] = []
        """Refusals that are not passed on yet."""
        self._alike = 0
        """First replies, all of them refusals with one text; -1 when another has come."""
        self._text = ""

    def __call__(self, number: int, reply: Reply) -> None:
        """The next reply. Raises ServerError at the last of the first refusals that are all the same."""
        if self._alike == 0:
            self._text = reply.error
        self._held.append((number, reply))
        if self._alike < 0 or not reply.error or reply.error != self._text:
            self._alike = -1
            self.pass_on()
            return
        self._alike += 1
        if self._alike == SAME:
            raise ServerError(
                f"The endpoint refused the first {SAME} requests, all with the same words, and nothing of it is kept: "
                f"{reply.error}"
            )

    def pass_on(self) -> None:
        """Pass on what is held: nothing else will come before it is known."""
        held, self._held = self._held, []
        for number, reply in held:
            self._on_reply(number, reply)
