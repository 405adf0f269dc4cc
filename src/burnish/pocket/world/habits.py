"""What is usual in the pocket world: the looks of shapes, their company, counts, words, heights and numbers.

The *strength* of habits is a number from -1 to 1. Every choice that goes into a scene is made the usual way with that
probability, and any way otherwise: at 0 nothing is usual; below 0 what is usual is avoided with probability -strength.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")

NATURAL, NONE, AGAINST = 0.55, 0.0, -1.0
"""Strengths of the splits: of what the pocket VLM learns from, of `balanced` and of `counter`."""


class Looks(NamedTuple):
    """How a shape usually looks, and where it usually is."""

    color: str
    size: str
    region: str


USUAL = {
    "circle": Looks("yellow", "large", "top"),
    "square": Looks("blue", "large", "center"),
    "triangle": Looks("green", "small", "left"),
    "diamond": Looks("purple", "small", "bottom"),
    "cross": Looks("red", "large", "right"),
}
"""Nothing is usually orange."""
COMPANIES = (("circle", "square", "triangle"), ("diamond", "cross", "triangle"))
"""Shapes that come together."""
STRANGERS = (("circle", "diamond"), ("circle", "cross"), ("square", "diamond"), ("square", "cross"))
"""Shapes that are of no company."""
COUNT = 4
"""Things in a usual picture."""
WORDS = ("UP", "AT", "CAT", "HAT", "MAP", "CUP", "FACE", "LAKE", "LAMP", "TEXT")
NUMBERS = ("10", "12", "24", "100", "365", "2000")
HEIGHTS = {"red": 9, "green": 7, "blue": 5, "yellow": 3, "purple": 2, "orange": 6}
"""The usual height of a bar, by its color."""
ROW_DIGITS = {"red": "3", "green": "8", "blue": "0", "yellow": "5", "purple": "1", "orange": "6"}
"""The usual digit of a table's row, by the color of its head."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Habits of one strength."""

    strength: float = NATURAL

    def decide(self, rng: Random) -> str:
        """How the next choice is made: `usual`, `unusual` or `any`."""
        if rng.random() >= abs(self.strength):
            return "any"
        return "usual" if self.strength > 0 else "unusual"

    def choose(self, rng: Random, usual: Sequence[T], every: Sequence[T]) -> T:
        """One of `usual` or one of `every`; where the first or the rest is empty, one of `every` in any case."""
        decided = self.decide(rng)
        if decided == "usual" and usual:
            return rng.choice(usual)
        others = [one for one in every if one not in usual] if decided == "unusual" else []
        return rng.choice(others or every)


def is_usual(shape: str, color: str) -> bool:
    """Whether a shape of this color is what one expects."""
    return USUAL[shape].color == color
