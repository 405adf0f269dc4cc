"""What is wrong with a description, statement by statement, in words that do not describe what is right."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burnish.pocket.world import Scene, check_description, normalise
from burnish.pocket.world.answers import STATEMENT, asked_about, looks

NAMED = 3
"""Faults that one feedback names: more would be a list that nobody reads."""
_ASPECTS = ("size", "color", "shape", "place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What there is to say about a description."""

    named: tuple[str, ...]
    """A sentence for each of the first faults; none for a perfect description."""
    f1: float
    """Of its statements (`burnish.pocket.world.DescriptionCheck`)."""
    readable: int
    """Statements of the known form."""


def describe_faults(scene: Scene, question: str, text: str) -> Faults:
    """Compares each statement with the object that it fits best; what is left of the objects is missing."""
    check = check_description(scene, text, question)
    waiting = [looks(thing) for thing in asked_about(scene, question)]
    sentences = [normalise(part) for part in re.split(r"[.\n]", text) if part.strip()]
    statements = [found.groups() if (found := STATEMENT.fullmatch(one)) else None for one in sentences]
    for statement in statements:  # what is described rightly is settled first
        if statement in waiting:
            waiting.remove(statement)
    settled = [looks(thing) for thing in asked_about(scene, question)]
    named = []
    for number, statement in enumerate(statements, start=1):
        if statement in settled:
            settled.remove(statement)
        else:
            named.append(_fault(number, statement, waiting))
    named += [f"One object is missing at the {place}." for *_, place in waiting]
    return Faults(
        named=tuple(named[:NAMED]), f1=check.f1, readable=sum(statement is not None for statement in statements)
    )


def _fault(number: int, statement: tuple[str, ...] | None, waiting: list[tuple[str, ...]]) -> str:
    """What is wrong with a statement; the object that it was about no longer waits."""
    if statement is None:
        return f"Check sentence {number}: it is not complete."
    best = max(waiting, key=lambda one: (_alike(one, statement), one[-1] == statement[-1]), default=None)
    if best is None or _alike(best, statement) < len(_ASPECTS) / 2:
        return f"Check sentence {number}: it is not true."
    waiting.remove(best)
    wrong = [aspect for aspect, true, text in zip(_ASPECTS, best, statement, strict=True) if true != text]
    return f"Check sentence {number}: the {' and the '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong."


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))
