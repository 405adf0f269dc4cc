"""Which answers count as right, and how often a guess would be."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from burnish.pocket.world.scene import COLORS, REGIONS, SHAPES, SIZES, Scene, Thing
from burnish.pocket.world.tasks.base import plural

STATEMENT = re.compile(
    f"there is an? ({'|'.join(SIZES)}) ({'|'.join(COLORS)}) ({'|'.join(SHAPES)}) at the ({'|'.join(REGIONS)})"
)
"""A statement of a description, normalised: its groups are size, color, shape and region."""
_OBJECT = re.compile(rf"\b({'|'.join(COLORS)})\s+({'|'.join(SHAPES)})(?:e?s)?\b")
"""An object as a text names it: its color and its shape."""


def normalise(text: str) -> str:
    """Lower case, single spaces, no full stop at the end: what exact match compares."""
    return " ".join(text.lower().split()).rstrip(".").rstrip()


def matches(answer: str, text: str) -> bool:
    """Whether `text` is the answer, by exact match of the normalised texts."""
    return normalise(answer) == normalise(text)


def chance(answer: str, options: tuple[str, ...] | list[str]) -> float:
    """How often a guess among the question's options is right; 0 for open descriptions and lines of text."""
    return 1 / len(options) if answer in options else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptionCheck:
    """The statements of a description, counted."""

    right: int
    hallucinated: int
    """Readable, but nothing in the picture is so (or it was said already)."""
    missing: int
    """Objects that no statement describes rightly."""
    unreadable: int
    """Sentences that are no statement of the known form."""

    @property
    def precision(self) -> float:
        """Right statements among all sentences (0 where there is none)."""
        return _share(self.right, self.right + self.hallucinated + self.unreadable)

    @property
    def recall(self) -> float:
        """Objects described rightly among all that were to be described."""
        return _share(self.right, self.right + self.missing)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _share(2 * self.right, 2 * self.right + self.hallucinated + self.unreadable + self.missing)


def check_description(scene: Scene, text: str, question: str = "") -> DescriptionCheck:
    """Compares every statement of `text` with the scene, each object counting once.

    `question` narrows what is to be described ("Describe the red objects."); empty or unknown means everything.
    """
    truth = Counter(looks(thing) for thing in asked_about(scene, question))
    stated: Counter[tuple[str, ...]] = Counter()
    unreadable = 0
    for sentence in filter(None, (normalise(part) for part in re.split(r"[.\n]", text))):
        found = STATEMENT.fullmatch(sentence)
        if found:
            stated[found.groups()] += 1
        else:
            unreadable += 1
    right = (truth & stated).total()
    return DescriptionCheck(
        right=right, hallucinated=stated.total() - right, missing=truth.total() - right, unreadable=unreadable
    )


def named_objects(text: str) -> list[tuple[str, str]]:
    """Every mention of a color and a shape ("red circle", "red circles"), in whatever words it stands."""
    return [(color, shape) for color, shape in _OBJECT.findall(text.lower())]


def asked_about(scene: Scene, question: str) -> tuple[Thing, ...]:
    """The things that a description's question asks for: those of a color or shape it names, or all."""
    words = set(re.findall(r"\w+", question.lower()))
    return tuple(
        thing
        for thing in scene.things
        if words.isdisjoint(_LOOKS) or thing.color in words or plural(thing.shape) in words
    )


_LOOKS = {*COLORS, *(plural(shape) for shape in SHAPES)}


def looks(thing: Thing) -> tuple[str, ...]:
    """What a statement says of a thing: size, color, shape and region."""
    return thing.size, thing.color, thing.shape, thing.region


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
