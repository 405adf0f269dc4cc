"""What single objects look like, and where they are."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import COLORS, CORNERS, REGIONS, SHAPES, SIZES, Scene, Thing
from burnish.pocket.world.tasks.base import SceneQuestion, article, names

_CORNER_COUNTS = tuple(str(count) for count in sorted(set(CORNERS.values())))


def attribute(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Color, shape, size or corners of an object that the rest of its looks or its place single out."""
    thing = rng.choice(scene.things)
    asked = rng.choice(("color", "color", "shape", "shape", "size", "corners", "either"))
    if asked == "either":
        return _either(scene, thing, rng)
    phrases = names(scene, thing, hide="shape" if asked == "corners" else asked)
    if len([other for other in scene.things if other.region == thing.region]) == 1:
        phrases.append(f"object at the {thing.region}")
    if not phrases:
        return None
    name = rng.choice(phrases)
    if asked == "color":
        return SceneQuestion(f"What color is the {name}?", thing.color, COLORS)
    if asked == "shape":
        return SceneQuestion(f"What shape is the {name}?", thing.shape, SHAPES)
    if asked == "size":
        return SceneQuestion(f"What size is the {name}?", thing.size, SIZES)
    return SceneQuestion(f"How many corners does the {name} have?", str(CORNERS[thing.shape]), _CORNER_COUNTS)


def _either(scene: Scene, thing: Thing, rng: Random) -> SceneQuestion | None:
    """Which of two colors or shapes the object has."""
    hidden, every, answer = rng.choice((("color", COLORS, thing.color), ("shape", SHAPES, thing.shape)))
    phrases = names(scene, thing, hide=hidden)
    if not phrases:
        return None
    options = [answer, rng.choice([value for value in every if value != answer])]
    rng.shuffle(options)
    listed = " or ".join(options if hidden == "color" else map(article, options))
    return SceneQuestion(f"Is the {rng.choice(phrases)} {listed}?", answer, tuple(options))


def position(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Where the one object of a description stands."""
    thing = rng.choice(scene.things)
    phrases = names(scene, thing)
    if not phrases:
        return None
    return SceneQuestion(f"Where is the {rng.choice(phrases)}?", thing.region, REGIONS)
