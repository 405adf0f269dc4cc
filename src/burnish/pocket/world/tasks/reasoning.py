"""Geometry and multiple choice: looks and places that training asks about, asked for the other way round."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import COLORS, CORNERS, SHAPES, Scene
from burnish.pocket.world.tasks.base import YES_NO, SceneQuestion, article, names


def geometry(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Objects named by their number of corners."""
    corners = rng.choice(sorted({CORNERS[thing.shape] for thing in scene.things} | {3, 4}))
    found = [thing for thing in scene.things if CORNERS[thing.shape] == corners]
    if rng.random() < 0.5:
        truth = rng.random() < 0.5
        if bool(found) != truth:
            return None
        return SceneQuestion(f"Is there an object with {corners} corners?", YES_NO[not truth], YES_NO)
    if len(found) != 1:
        return None
    return SceneQuestion(f"What color is the object with {corners} corners?", found[0].color, COLORS)


def choice(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Color or shape of an object, out of three that the question lists: training asks for one of two."""
    thing = rng.choice(scene.things)
    asked, every, answer = rng.choice((("color", COLORS, thing.color), ("shape", SHAPES, thing.shape)))
    phrases = names(scene, thing, hide=asked)
    if not phrases:
        return None
    options = [answer, *rng.sample([value for value in every if value != answer], 2)]
    rng.shuffle(options)
    first, second, third = options if asked == "color" else map(article, options)
    return SceneQuestion(f"Is the {rng.choice(phrases)} {first}, {second} or {third}?", answer, tuple(options))
