"""What becomes of a composed reply: a dialogue that is kept, one that is asked for again, or a drop with its reason."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from burnish.errors import ConfigError
from burnish.fire.parser import Rejection, check_rise, check_roles, check_secret, read_rounds
from burnish.models import Reply
from burnish.records import Dropped, Example, Turn

SATISFIED = 8.0
"""FIRE's threshold (section 3.3): from this score on an answer is right, and feedback may tell the truth."""
SHOWN = 200
"""Characters of a reply in its Dropped; the whole reply stands among the run's attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceRules:
    """Which replies are taken, and how often an example is asked about."""

    attempts: int = 3
    """Replies asked for until one is a dialogue in the asked form."""
    max_turns: int = 6
    """Turns of the longest dialogue that is kept (section 3.2)."""
    keep_secret: bool = False
    """Turn down a reply whose feedback below SATISFIED holds the ground truth word for word."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError(f"--attempts must be at least 1, not {self.attempts}.")
        if self.max_turns < 2:
            raise ConfigError(f"--max-turns must be at least 2, not {self.max_turns}: one turn refines nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyVerdict:
    """On one reply."""

    turns: tuple[Turn, ...] = ()
    fault: Rejection | None = None
    """Why the reply is not kept."""
    again: bool = False
    """Whether another reply may mend that. One that is in form and fails the paper's filter is not asked for again,
    nor is a request that is refused."""


def judge(example: Example, reply: Reply, rules: AcceptanceRules) -> ReplyVerdict:
    """Read a reply and filter it as FIRE-100K was filtered."""
    if reply.finish == "error":
        return ReplyVerdict(fault=Rejection("refused", reply.error))
    try:
        turns = _read(example, reply, rules)
    except Rejection as fault:
        return ReplyVerdict(fault=fault, again=True)
    try:
        check_rise(turns, longest=rules.max_turns)
    except Rejection as fault:
        return ReplyVerdict(fault=fault)
    return ReplyVerdict(turns=turns)


def drop(example: Example, reply: Reply, fault: Rejection) -> Dropped:
    """The record of an example whose last reply was not kept."""
    reply_shown = f" It says: {textwrap.shorten(reply.text, SHOWN, placeholder=' …')}" if reply.text else ""
    return Dropped(id=example.id, source=example.source, reason=fault.reason, detail=f"{fault}{reply_shown}")


def _read(example: Example, reply: Reply, rules: AcceptanceRules) -> tuple[Turn, ...]:
    if reply.end == "thinking cut":
        raise Rejection("thinking cut", "The thoughts before the reply do not end within --max-new-tokens.")
    if not reply.text:
        raise Rejection("empty reply", "The reply is empty.")
    if reply.finish == "length":
        raise Rejection("cut off", "The reply does not end within --max-new-tokens.")
    turns = read_rounds(reply.text)
    truth = example.answer or ""
    check_roles(turns, example.question, truth)
    if rules.keep_secret:
        check_secret(turns, truth, below=SATISFIED)
    return turns
