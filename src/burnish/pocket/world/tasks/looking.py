"""What single objects look like, where they are, and whether they are there at all."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import COLORS, CORNERS, REGIONS, SHAPES, SIZES, Scene
from burnish.pocket.world.tasks.base import YES_NO, Asked, alike, article, names

_CORNER_COUNTS = tuple(str(count) for count in sorted(set(CORNERS.values())))


def attribute(scene: Scene, rng: Random) -> Asked | None:
    """Color, shape, size or corners of an object that the rest of its looks or its place single out."""
    thing = rng.choice(scene.things)
    asked = rng.choice(("color", "color", "shape", "shape", "size", "corners"))
    phrases = names(scene, thing, hide="shape" if asked == "corners" else asked)
    if len([other for other in scene.things if other.region == thing.region]) == 1:
        phrases.append(f"object at the {thing.region}")
    if not phrases:
        return None
    name = rng.choice(phrases)
    if asked == "color":
        return Asked(f"What color is the {name}?", thing.color, COLORS)
    if asked == "shape":
        return Asked(f"What shape is the {name}?", thing.shape, SHAPES)
    if asked == "size":
        return Asked(f"What size is the {name}?", thing.size, SIZES)
    return Asked(f"How many corners does the {name} have?", str(CORNERS[thing.shape]), _CORNER_COUNTS)


def position(scene: Scene, rng: Random) -> Asked | None:
    """Where the one object of a description stands."""
    thing = rng.choice(scene.things)
    phrases = names(scene, thing)
    if not phrases:
        return None
    return Asked(f"Where is the {rng.choice(phrases)}?", thing.region, REGIONS)


def existence(scene: Scene, rng: Random) -> Asked | None:
    """Whether something is there: as often as not, and half of what is absent shares a look with what is there."""
    truth = rng.random() < 0.5
    like = rng.choice(scene.things)
    shape, color = like.shape, like.color
    if not truth:
        change = rng.choice(("shape", "color", "both"))
        shape = shape if change == "color" else rng.choice(SHAPES)
        color = color if change == "shape" else rng.choice(COLORS)
    form = rng.choice(("color and shape", "color and shape", "shape", "color"))
    if form == "shape":
        color = ""
    elif form == "color":
        shape = ""
    if bool(alike(scene.things, shape=shape, color=color)) != truth:
        return None
    noun = f"{color} {shape or 'object'}".strip()
    return Asked(f"Is there {article(noun)}?", YES_NO[not truth], YES_NO)
