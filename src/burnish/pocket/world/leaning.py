"""How far wrong words lean to what is usual: where the picture is unusual and a description wrong, what does it say?"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from burnish.pocket.world.answers import STATEMENT, asked_about, looks, normalise
from burnish.pocket.world.habits import USUAL
from burnish.pocket.world.scene import Scene

_SHAPE = 2
"""Where a statement has the shape; size, color and region have habits."""
_ALIKE = 2
"""Words that a statement and a thing must share to be of one another, its shape among them."""


class Leaning(NamedTuple):
    """Wrong words about unusual looks."""

    usual: int
    """Those that say what is usual of the shape."""
    wrong: int
    """All of them."""


def leaning(scene: Scene, text: str, question: str = "") -> Leaning:
    """Compares each wrong statement of a description with the thing of its shape that it fits best.

    Counted are sizes, colors and regions that are wrong where the thing's own is not the usual one.
    """
    waiting = [looks(thing) for thing in asked_about(scene, question)]
    sentences = (STATEMENT.fullmatch(normalise(part)) for part in re.split(r"[.\n]", text))
    stated = [found.groups() for found in sentences if found]
    for statement in (Counter(stated) & Counter(waiting)).elements():
        stated.remove(statement)
        waiting.remove(statement)
    usual = wrong = 0
    for statement in stated:
        fitting = [thing for thing in waiting if _is_of(statement, thing)]
        if fitting:
            thing = max(fitting, key=lambda one: _shared(statement, one))
            waiting.remove(thing)
            leans = _leans(statement, thing)
            usual += sum(leans)
            wrong += len(leans)
    return Leaning(usual, wrong)


def _leans(statement: tuple[str, ...], thing: tuple[str, ...]) -> list[bool]:
    """For each wrong word about an unusual look, whether it says what is usual."""
    habit = USUAL[statement[_SHAPE]]
    expected = (habit.size, habit.color, statement[_SHAPE], habit.region)
    words = zip(statement, thing, expected, strict=True)
    return [word == usual for word, true, usual in words if word != true != usual]


def _is_of(statement: tuple[str, ...], thing: tuple[str, ...]) -> bool:
    return statement[_SHAPE] == thing[_SHAPE] and _shared(statement, thing) >= _ALIKE


def _shared(statement: tuple[str, ...], thing: tuple[str, ...]) -> int:
    return sum(a == b for a, b in zip(statement, thing, strict=True))
