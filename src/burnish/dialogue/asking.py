"""Replies that are asked for once, whatever happens: what a run's journal holds is taken from it, the rest is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from burnish.models import OnReply, Reply
from burnish.models.base import ignore
from burnish.roles import Speaker
from burnish.store import Part, Run
from burnish.store.codec import from_json, to_json

C = TypeVar("C")


def answered(role: Speaker[C], cases: Mapping[Part, C], run: Run, on_reply: OnReply = ignore) -> dict[Part, Reply]:
    """What the role says to each case; it is asked only about those whose reply the run does not keep yet.

    Every new reply is kept the moment it comes, then told, so that a kill, or a failure (ModelError, ServerError)
    halfway, loses none. The parts must be of records that the run does not hold yet.
    """
    replies = {part: from_json(Reply, kept) for part in cases if (kept := run.reply(part)) is not None}
    missing = [part for part in cases if part not in replies]

    def keep(number: int, reply: Reply) -> None:
        run.keep_reply(missing[number], to_json(reply))
        replies[missing[number]] = reply
        on_reply(number, reply)

    if missing:
        role.reply([cases[part] for part in missing], keep)
    return {part: replies[part] for part in cases}
