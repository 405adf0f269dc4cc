"""Reading what is written: lines of letters and digits, numbers, and tables."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import DIGITS, LETTERS, Scene
from burnish.pocket.world.tasks.base import Asked

_PLACES = ("first", "second", "third", "fourth")


def reading(scene: Scene, rng: Random) -> Asked | None:
    """The whole line, or one of its characters."""
    if rng.random() < 0.6:
        return Asked("What does the text say?", scene.text)
    place = rng.randrange(len(scene.text))
    return Asked(f"What is the {_PLACES[place]} character?", scene.text[place], (*(LETTERS + DIGITS),))


def number(scene: Scene, rng: Random) -> Asked | None:
    """A line of digits alone, asked for in words that training uses about bars."""
    if not scene.text.isdigit():
        return None
    return Asked("What number does the text say?", scene.text)


def table(scene: Scene, rng: Random) -> Asked | None:
    """The digit in the row of a coloured square: reading and relation at once, never asked in training."""
    row = rng.randrange(len(scene.things))
    return Asked(f"What number is right of the {scene.things[row].color} square?", scene.glyphs[row].char, (*DIGITS,))
