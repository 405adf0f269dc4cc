"""Where objects stand to one another."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import COLORS, SHAPES, Scene, Thing
from burnish.pocket.world.tasks.base import YES_NO, SceneQuestion, alike, article, color_shape

SIDES = {"left": "left of", "right": "right of", "above": "above", "below": "below"}
"""A side as an answer, and as it stands before an object."""


def on_side(thing: Thing, side: str, other: Thing) -> bool:
    """Whether `thing` is in a column left or right of `other`'s, or in a row above or below it."""
    if side == "left":
        return thing.column < other.column
    if side == "right":
        return thing.column > other.column
    return thing.row < other.row if side == "above" else thing.row > other.row


def main_side(thing: Thing, other: Thing) -> str | None:
    """The side on which `thing` stands from `other` where one direction is at least twice the other, else None."""
    across, down = thing.column - other.column, thing.row - other.row
    if abs(across) >= 2 * abs(down):
        return "left" if across < 0 else "right"
    if abs(down) >= 2 * abs(across):
        return "above" if down < 0 else "below"
    return None


def relation(scene: Scene, rng: Random) -> SceneQuestion | None:
    """The side of one object from another, whether it is on a given side, or what is on that side."""
    named = color_shape(scene)
    if len(named) < 2:
        return None
    (thing, name), (other, other_name) = rng.sample(named, 2)
    form = rng.choice(("where", "where", "whether", "what"))
    if form == "where":
        main = main_side(thing, other)
        return SceneQuestion(f"Where is the {name} seen from the {other_name}?", main, tuple(SIDES)) if main else None
    truth = form == "what" or rng.random() < 0.5
    sides = [side for side in SIDES if on_side(thing, side, other) == truth]
    if not sides:
        return None
    side = rng.choice(sides)
    if form == "whether":
        return SceneQuestion(f"Is the {name} {SIDES[side]} the {other_name}?", YES_NO[not truth], YES_NO)
    if len([thing for thing in scene.things if on_side(thing, side, other)]) != 1:
        return None
    shapes = tuple(f"{color} {shape}" for color in COLORS for shape in SHAPES)
    return SceneQuestion(f"What is {SIDES[side]} the {other_name}?", name, shapes)


def exist_relation(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Whether there is a shape on a side of an object: existence and relation at once, never asked in training."""
    named = color_shape(scene)
    if not named:
        return None
    other, other_name = rng.choice(named)
    truth = rng.random() < 0.5
    shapes = sorted({thing.shape for thing in scene.things})
    fitting = [
        (side, shape)
        for side in SIDES
        for shape in shapes
        if any(on_side(thing, side, other) for thing in alike(scene.things, shape=shape)) == truth
    ]
    if not fitting:
        return None
    side, shape = rng.choice(fitting)
    return SceneQuestion(f"Is there {article(shape)} {SIDES[side]} the {other_name}?", YES_NO[not truth], YES_NO)
