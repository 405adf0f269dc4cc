"""Replies that are asked for once, whatever happens: what a run's journal holds is taken from it, the rest is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from burnish.models import Reply
from burnish.roles import Speaker
from burnish.store import Part, Run
from burnish.store.codec import from_json, to_json

C = TypeVar("C")
Tell: TypeAlias = Callable[[Part, Reply], None]
"""Told every reply with its part, while others are still waited for."""


def answered(role: Speaker[C], cases: Mapping[Part, C], run: Run, tell: Tell) -> dict[Part, Reply]:
    """What the role says to each case; it is asked only about those whose reply the run does not keep yet.

    Replies that are kept are told first. Every new one is kept the moment it comes, then told, so that a kill, or a
    failure (ModelError, ServerError) halfway, loses none. The parts must be of records that the run does not hold yet.
    """
    replies = {part: from_json(Reply, kept) for part in cases if (kept := run.reply(part)) is not None}
    missing = [part for part in cases if part not in replies]
    for part, reply in replies.items():
        tell(part, reply)

    noted = set[str]()

    def keep(number: int, reply: Reply) -> None:
        part = missing[number]
        run.keep_reply(part, to_json(reply))
        if new := {*reply.asked_without} - noted:
            run.note(sorted(new))
            noted.update(new)
        replies[part] = reply
        tell(part, reply)

    if missing:
        role.reply([cases[part] for part in missing], keep)
    return {part: replies[part] for part in cases}
