"""Open descriptions: a list of statements in one fixed form, each of which the world can check.

The truth names everything. The captions that the pocket VLM learns from are as people write them: faint things are
left out more often than plain ones, so the model learns to say less than there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from burnish.diffusion import levels
from burnish.pocket.world.scene import Scene, Thing
from burnish.pocket.world.tasks.base import SceneQuestion, color_shape, plural

PROMPTS = ("Describe the picture.", "What is in the picture?")
LEAST_MENTIONED, MOST_MENTIONED = 0.2, 0.95
"""The share of things that captions mention: of those that hardly show, and from PLAIN_ENOUGH on; evenly between."""
PLAIN_ENOUGH = 50
"""The visibility, in percent, from which a thing is mentioned as often as any."""


def statement(thing: Thing) -> str:
    """ "There is a small red circle at the top left." """
    return f"There is a {thing.size} {thing.color} {thing.shape} at the {thing.region}."


def description(things: Sequence[Thing]) -> str:
    """One statement for each thing, in reading order."""
    return " ".join(statement(thing) for thing in things)


def describe(scene: Scene, rng: Random) -> SceneQuestion | None:
    """The whole picture."""
    return SceneQuestion(rng.choice(PROMPTS), description(scene.things))


def caption(scene: Scene, rng: Random) -> SceneQuestion:
    """The whole picture, as people describe it."""
    mentioned = [thing for thing in scene.things if rng.random() < mention_rate(thing, scene)]
    return SceneQuestion(rng.choice(PROMPTS), description(mentioned or scene.things[:1]))


def mention_rate(thing: Thing, scene: Scene) -> float:
    """How likely a caption mentions the thing."""
    return LEAST_MENTIONED + (MOST_MENTIONED - LEAST_MENTIONED) * min(1.0, visibility(thing, scene) / PLAIN_ENOUGH)


def visibility(thing: Thing, scene: Scene) -> float:
    """The thing's contrast, in percent, times the share that is not noise of what the picture shows."""
    signal, noise = levels()[scene.noise] if scene.noise else (1.0, 0.0)
    return thing.contrast * signal / (signal + noise)


def describe_one(scene: Scene, rng: Random) -> SceneQuestion | None:
    """One object: an exercise of training that no task measures, so that "Describe the …" is known in part."""
    named = color_shape(scene)
    if not named:
        return None
    thing, name = rng.choice(named)
    return SceneQuestion(f"Describe the {name}.", statement(thing))


def describe_part(scene: Scene, rng: Random) -> SceneQuestion | None:
    """The objects of one color or shape: never asked in training."""
    like = rng.choice(scene.things)
    if rng.random() < 0.5:
        chosen = [thing for thing in scene.things if thing.color == like.color]
        return SceneQuestion(f"Describe the {like.color} objects.", description(chosen))
    chosen = [thing for thing in scene.things if thing.shape == like.shape]
    return SceneQuestion(f"Describe the {plural(like.shape)}.", description(chosen))
