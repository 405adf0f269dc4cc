"""What a task is: a rule that turns a scene into one question with its true answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Literal, TypeAlias

from burnish.pocket.world.scene import Scene, SceneKind, Thing

TaskGroup: TypeAlias = Literal["seen", "new"]

YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class SceneQuestion:
    """A question about a scene, with its answer."""

    question: str
    answer: str
    options: tuple[str, ...] = ()
    """The answers that the question's form allows; empty for descriptions and lines of text."""


MakeQuestion: TypeAlias = Callable[[Scene, Random], SceneQuestion | None]
"""Asks one random question of the task, or None where the scene allows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldTask:
    """One kind of question."""

    name: str
    group: TaskGroup
    """The pocket VLM trains on "seen" tasks and has never met a question of a "new" one."""
    stands_for: str
    """The data set of FIRE's tables 5 and 6 in whose column this task is shown."""
    kind: SceneKind
    """The kind of scene it is asked about."""
    ask: MakeQuestion


def plural(noun: str) -> str:
    """ "crosses", "circles"."""
    return noun + ("es" if noun.endswith("s") else "s")


def article(word: str) -> str:
    """The word behind "a" or "an"."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def alike(things: Sequence[Thing], *, shape: str = "", color: str = "", size: str = "") -> list[Thing]:
    """The things that have every attribute given ("" stands for any)."""
    return [
        thing
        for thing in things
        if shape in ("", thing.shape) and color in ("", thing.color) and size in ("", thing.size)
    ]


def names(scene: Scene, thing: Thing, *, hide: str = "") -> list[str]:
    """The phrases that single the thing out ("circle", "small red object") without telling attribute `hide`."""
    shown = [("",) if look == hide else ("", getattr(thing, look)) for look in ("size", "color", "shape")]
    found = []
    for size, color, shape in product(*shown):
        phrase = " ".join(word for word in (size, color, shape or "object") if word)
        if phrase != "object" and len(alike(scene.things, shape=shape, color=color, size=size)) == 1:
            found.append(phrase)
    return found


def color_shape(scene: Scene) -> list[tuple[Thing, str]]:
    """The things that "red circle" and the like single out, with that phrase."""
    pairs = [(thing, f"{thing.color} {thing.shape}") for thing in scene.things]
    return [
        (thing, name) for thing, name in pairs if len(alike(scene.things, shape=thing.shape, color=thing.color)) == 1
    ]
