"""Reading what is written: lines of letters and digits, numbers, and tables."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import DIGITS, GRID, LETTERS, Scene
from burnish.pocket.world.tasks.base import SceneQuestion, color_shape

_PLACES = ("first", "second", "third", "fourth")


def reading(scene: Scene, rng: Random) -> SceneQuestion | None:
    """The whole line, one of its characters by number, or the one above or below an object."""
    form = rng.choice(("line", "line", "line", "number", "object"))
    if form == "line":
        return SceneQuestion("What does the text say?", scene.text)
    if form == "object":
        return _over_or_under(scene, rng)
    place = rng.randrange(len(scene.text))
    return SceneQuestion(f"What is the {_PLACES[place]} character?", scene.text[place], (*(LETTERS + DIGITS),))


def _over_or_under(scene: Scene, rng: Random) -> SceneQuestion | None:
    pairs = [(name, thing, glyph) for thing, name in color_shape(scene) for glyph in scene.glyphs]
    pairs = [pair for pair in pairs if pair[1].column == pair[2].cell % GRID]
    if not pairs:
        return None
    name, thing, glyph = rng.choice(pairs)
    side = "above" if glyph.cell < thing.cell else "below"
    noun = "number" if glyph.char.isdigit() else "letter"
    return SceneQuestion(
        f"What {noun} is {side} the {name}?", glyph.char, (*(DIGITS if noun == "number" else LETTERS),)
    )


def number(scene: Scene, _rng: Random) -> SceneQuestion | None:
    """A line of digits alone, asked for in words that training uses about bars."""
    if not scene.text.isdigit():
        return None
    return SceneQuestion("What number does the text say?", scene.text)


def table(scene: Scene, rng: Random) -> SceneQuestion | None:
    """The digit in the row of a coloured square: reading and relation at once, never asked in training."""
    row = rng.randrange(len(scene.things))
    return SceneQuestion(
        f"What number is right of the {scene.things[row].color} square?", scene.glyphs[row].char, (*DIGITS,)
    )
