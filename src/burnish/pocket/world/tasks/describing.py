"""Open descriptions: a list of statements in one fixed form, each of which the world can check."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from burnish.pocket.world.scene import Scene, Thing
from burnish.pocket.world.tasks.base import Asked, color_shape, plural

PROMPTS = ("Describe the picture.", "What is in the picture?")


def statement(thing: Thing) -> str:
    """ "There is a small red circle at the top left." """
    return f"There is a {thing.size} {thing.color} {thing.shape} at the {thing.region}."


def description(things: Sequence[Thing]) -> str:
    """One statement for each thing, in reading order."""
    return " ".join(statement(thing) for thing in things)


def describe(scene: Scene, rng: Random) -> Asked | None:
    """The whole picture."""
    return Asked(rng.choice(PROMPTS), description(scene.things))


def describe_one(scene: Scene, rng: Random) -> Asked | None:
    """One object: an exercise of training that no task measures, so that "Describe the …" is known in part."""
    named = color_shape(scene)
    if not named:
        return None
    thing, name = rng.choice(named)
    return Asked(f"Describe the {name}.", statement(thing))


def describe_part(scene: Scene, rng: Random) -> Asked | None:
    """The objects of one color or shape: never asked in training."""
    like = rng.choice(scene.things)
    if rng.random() < 0.5:
        chosen = [thing for thing in scene.things if thing.color == like.color]
        return Asked(f"Describe the {like.color} objects.", description(chosen))
    chosen = [thing for thing in scene.things if thing.shape == like.shape]
    return Asked(f"Describe the {plural(like.shape)}.", description(chosen))
