"""How many objects there are of one look, or of two looks at once."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import COLORS, SHAPES, SIZES, Scene
from burnish.pocket.world.tasks.base import SceneQuestion, alike, plural

_COUNTS = ("0", "1", "2", "3", "4", "5", "6")


def counting(scene: Scene, rng: Random) -> SceneQuestion | None:
    """All objects, those of one color, or those of one shape."""
    form = rng.choice(("all", "color", "color", "shape", "shape"))
    if form == "all":
        return SceneQuestion("How many objects are there?", str(len(scene.things)), _COUNTS[2:])
    looks = [{form: value} for value in (COLORS if form == "color" else SHAPES)]
    return _ask(scene, rng, looks)


def count_attribute(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Objects of one color (or size) and one shape: never asked in training."""
    looks = [{"color": color, "shape": shape} for color in COLORS for shape in SHAPES]
    looks += [{"size": size, "shape": shape} for size in SIZES for shape in SHAPES]
    return _ask(scene, rng, looks)


def _ask(scene: Scene, rng: Random, looks: list[dict[str, str]]) -> SceneQuestion | None:
    """A count of 0 to 3 is drawn first, then a look that has it, so that no count is a safe guess."""
    count = rng.randint(0, 3)
    fitting = [look for look in looks if len(alike(scene.things, **look)) == count]
    if not fitting:
        return None
    look = rng.choice(fitting)
    words = (look.get("size", ""), look.get("color", ""), plural(look.get("shape", "object")))
    return SceneQuestion(f"How many {' '.join(word for word in words if word)} are there?", str(count), _COUNTS[:4])
