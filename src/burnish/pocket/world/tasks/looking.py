"""What single objects look like, where they are, and whether they are there at all."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import COLORS, CORNERS, REGIONS, SHAPES, SIZES, Scene, Thing
from burnish.pocket.world.tasks.base import YES_NO, Asked, alike, article, names

_CORNER_COUNTS = tuple(str(count) for count in sorted(set(CORNERS.values())))


def attribute(scene: Scene, rng: Random) -> Asked | None:
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
        return Asked(f"What color is the {name}?", thing.color, COLORS)
    if asked == "shape":
        return Asked(f"What shape is the {name}?", thing.shape, SHAPES)
    if asked == "size":
        return Asked(f"What size is the {name}?", thing.size, SIZES)
    return Asked(f"How many corners does the {name} have?", str(CORNERS[thing.shape]), _CORNER_COUNTS)


def _either(scene: Scene, thing: Thing, rng: Random) -> Asked | None:
    """Which of two colors or shapes the object has."""
    hidden, every, answer = rng.choice((("color", COLORS, thing.color), ("shape", SHAPES, thing.shape)))
    phrases = names(scene, thing, hide=hidden)
    if not phrases:
        return None
    options = [answer, rng.choice([value for value in every if value != answer])]
    rng.shuffle(options)
    listed = " or ".join(options if hidden == "color" else map(article, options))
    return Asked(f"Is the {rng.choice(phrases)} {listed}?", answer, tuple(options))


def position(scene: Scene, rng: Random) -> Asked | None:
    """Where the one object of a description stands."""
    thing = rng.choice(scene.things)
    phrases = names(scene, thing)
    if not phrases:
        return None
    return Asked(f"Where is the {rng.choice(phrases)}?", thing.region, REGIONS)


def existence(scene: Scene, rng: Random) -> Asked | None:
    """Whether something is there: as often as not, and half of what is absent shares a look with what is there."""
    any_color, any_shape = rng.choice(((False, False), (False, False), (False, True), (True, False)))
    colors, shapes = ("",) if any_color else COLORS, ("",) if any_shape else SHAPES
    looks = [(color, shape) for color in colors for shape in shapes]
    truth = rng.random() < 0.5
    fitting = [look for look in looks if bool(alike(scene.things, color=look[0], shape=look[1])) == truth]
    near = [look for look in fitting if any(look[0] == one.color or look[1] == one.shape for one in scene.things)]
    if near and rng.random() < 0.5:
        fitting = near
    if not fitting:
        return None
    color, shape = rng.choice(fitting)
    noun = f"{color} {shape or 'object'}".strip()
    return Asked(f"Is there {article(noun)}?", YES_NO[not truth], YES_NO)
