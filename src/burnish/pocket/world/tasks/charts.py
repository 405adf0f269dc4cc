"""Bar charts."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import MAX_HEIGHT, Scene
from burnish.pocket.world.tasks.base import YES_NO, SceneQuestion

_HEIGHTS = tuple(str(height) for height in range(1, MAX_HEIGHT + 1))


def chart(scene: Scene, rng: Random) -> SceneQuestion | None:
    """A bar's height, the tallest or shortest bar, how many bars are taller than one, or if one is than a number."""
    form = rng.choice(("height", "height", "extreme", "how many", "whether"))
    bar = rng.choice(scene.bars)
    if form == "height":
        return SceneQuestion(f"What number does the {bar.color} bar show?", str(bar.height), _HEIGHTS)
    if form == "how many":
        taller = sum(other.height > bar.height for other in scene.bars)
        options = tuple(str(count) for count in range(len(scene.bars)))
        return SceneQuestion(f"How many bars are taller than the {bar.color} bar?", str(taller), options)
    if form == "whether":
        truth = rng.random() < 0.5
        limits = [limit for limit in range(1, MAX_HEIGHT) if limit != bar.height and (bar.height > limit) == truth]
        if not limits:
            return None
        return SceneQuestion(f"Is the {bar.color} bar taller than {rng.choice(limits)}?", YES_NO[not truth], YES_NO)
    word, pick = rng.choice((("tallest", max), ("shortest", min)))
    extreme = pick(other.height for other in scene.bars)
    found = [other.color for other in scene.bars if other.height == extreme]
    if len(found) != 1:
        return None
    return SceneQuestion(f"What color is the {word} bar?", found[0], tuple(other.color for other in scene.bars))


def chart_compare(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Whether one bar is taller than another, not than a number: never asked in training."""
    bar, other = rng.sample(scene.bars, 2)
    if bar.height == other.height:
        return None
    truth = bar.height > other.height
    return SceneQuestion(f"Is the {bar.color} bar taller than the {other.color} bar?", YES_NO[not truth], YES_NO)
