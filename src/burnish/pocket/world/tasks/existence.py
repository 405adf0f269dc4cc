"""Whether something is there, asked in the three ways of Li et al. (2023).

They differ in what is asked about that is not there: anything, a usual thing, or a usual one of the company that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Literal, TypeAlias, get_args

from burnish.pocket.world.habits import COMPANIES, USUAL
from burnish.pocket.world.scene import COLORS, SHAPES, Scene
from burnish.pocket.world.tasks.base import YES_NO, SceneQuestion, alike, article

Negatives: TypeAlias = Literal["random", "popular", "adversarial"]
NEGATIVES: tuple[Negatives, ...] = get_args(Negatives)

_USUAL = [(USUAL[shape].color, shape) for shape in SHAPES]


def existence(scene: Scene, rng: Random, negatives: Negatives = "random") -> SceneQuestion | None:
    """Yes is right as often as no."""
    return _ASKS[negatives](scene, rng)


def _random(scene: Scene, rng: Random) -> SceneQuestion | None:
    """Any thing, a color or a shape; half of what is absent shares a look with what is there."""
    any_color, any_shape = rng.choice(((False, False), (False, False), (False, True), (True, False)))
    colors, shapes = ("",) if any_color else COLORS, ("",) if any_shape else SHAPES
    looks = [(color, shape) for color in colors for shape in shapes]
    truth = rng.random() < 0.5
    fitting = [look for look in looks if bool(alike(scene.things, color=look[0], shape=look[1])) == truth]
    near = [look for look in fitting if any(look[0] == one.color or look[1] == one.shape for one in scene.things)]
    if near and rng.random() < 0.5:
        fitting = near
    return _ask(*rng.choice(fitting), truth) if fitting else None


def _popular(scene: Scene, rng: Random) -> SceneQuestion | None:
    """A thing that is there, or a usual one that is not."""
    there = _there(scene)
    truth = rng.random() < 0.5
    fitting = there if truth else [look for look in _USUAL if look not in there]
    return _ask(*rng.choice(fitting), truth) if fitting else None


def _adversarial(scene: Scene, rng: Random) -> SceneQuestion | None:
    """An unusual thing that is there, or a usual one that is not, of the company of what is there where it can be."""
    there = _there(scene)
    truth = rng.random() < 0.5
    if truth:
        fitting = [look for look in there if look not in _USUAL]
    else:
        absent = [look for look in _USUAL if look not in there]
        company = max(COMPANIES, key=lambda shapes: sum(thing.shape in shapes for thing in scene.things))
        fitting = [look for look in absent if look[1] in company] or absent
    return _ask(*rng.choice(fitting), truth) if fitting else None


_ASKS: Mapping[Negatives, Callable[[Scene, Random], SceneQuestion | None]] = {
    "random": _random,
    "popular": _popular,
    "adversarial": _adversarial,
}


def _there(scene: Scene) -> list[tuple[str, str]]:
    return sorted({(thing.color, thing.shape) for thing in scene.things})


def _ask(color: str, shape: str, truth: bool) -> SceneQuestion:
    noun = f"{color} {shape or 'object'}".strip()
    return SceneQuestion(f"Is there {article(noun)}?", YES_NO[not truth], YES_NO)
