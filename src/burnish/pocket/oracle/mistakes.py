"""Wrong answers that somebody might give: each as plausible as the picture allows, and true to all feedback so far."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from burnish.pocket.oracle.question import Known, QuestionKind
from burnish.pocket.oracle.verdict import verdict
from burnish.pocket.world import Scene, Thing
from burnish.pocket.world.answers import asked_about
from burnish.pocket.world.scene import COLORS, DIGITS, GRID, LETTERS, SHAPES, SIZES
from burnish.pocket.world.tasks.describing import description

EASY: dict[QuestionKind, int] = {"yes or no": 1, "size": 1, "side": 1, "shape": 2, "color": 2, "character": 2}
"""The most wrong answers before the right one; the kinds that are not here are hard."""
HARD = 3


def mistakes(known: Known, rng: Random) -> list[str]:
    """The wrong answers of a dialogue in their order: more for hard questions, fewer for easy ones, at least one.

    After the first, each is an answer that all feedback so far leaves open, and none scores lower than the one before.
    """
    if known.kind == "description":
        return _descriptions(known, rng)
    count = rng.randint(1, EASY.get(known.kind, HARD))
    made: list[str] = []
    for later in reversed(range(count)):
        least = verdict(known, made[-1]).score if made else 0
        fitting = [
            answer
            for answer in _plausible(known, rng)
            if verdict(known, answer).score >= least and all(_leaves_open(known, mistake, answer) for mistake in made)
        ]
        if later:  # a worse answer first leaves room for a better one
            fitting.sort(key=lambda answer: verdict(known, answer).score)
        if not fitting:
            break
        made.append(fitting[0])
    return made


def _leaves_open(known: Known, mistake: str, answer: str) -> bool:
    """Whether the feedback to `mistake` would have been the same had `answer` been the truth."""
    return verdict(dataclasses.replace(known, answer=answer), mistake) == verdict(known, mistake) and mistake != answer


def _plausible(known: Known, rng: Random) -> list[str]:
    """Wrong answers, the likeliest first: what the picture shows elsewhere, then near numbers, then the rest."""
    if known.kind == "text":
        return list(dict.fromkeys(_misread(known.answer, rng) for _ in range(8)))
    others = [answer for answer in known.possible if answer != known.answer]
    rng.shuffle(others)
    shown = _shown(known.scene)
    if known.kind == "number":
        return sorted(others, key=lambda answer: abs(int(answer) - int(known.answer)) + 2 * rng.random())
    return sorted(others, key=lambda answer: answer not in shown)


def _shown(scene: Scene) -> set[str]:
    looks = {(thing.color, thing.shape, thing.region, f"{thing.color} {thing.shape}") for thing in scene.things}
    return {value for one in looks for value in one} | {bar.color for bar in scene.bars} | set(scene.text)


def _misread(text: str, rng: Random) -> str:
    """One character taken for another of its sort, or left out."""
    place = rng.randrange(len(text))
    if len(text) > 2 and rng.random() < 0.25:
        return text[:place] + text[place + 1 :]
    sort = DIGITS if text[place].isdigit() else LETTERS
    return text[:place] + rng.choice(sort.replace(text[place], "")) + text[place + 1 :]


def _descriptions(known: Known, rng: Random) -> list[str]:
    """Descriptions with fewer and fewer faults: each takes up a fault that feedback has named."""
    things = asked_about(known.scene, known.question)
    most = 1 if len(things) == 1 else HARD
    faulty = list(rng.sample(range(len(things)), min(len(things), rng.randint(1, most))))
    seen: list[Thing | None] = list(things)
    for place in faulty:
        seen[place] = _misseen(things[place], rng, alone=len(things) == 1)
    return list(_improving(things, seen, sorted(faulty), rng))


def _improving(things: Sequence[Thing], seen: list[Thing | None], faulty: list[int], rng: Random) -> Iterator[str]:
    while faulty:
        yield description([thing for thing in seen if thing is not None])
        for place in [faulty.pop(0) for _ in range(rng.randint(1, len(faulty)))]:
            seen[place] = things[place]


def _misseen(thing: Thing, rng: Random, *, alone: bool) -> Thing | None:
    """The thing with one look or its place wrong; not seen at all now and then, unless it is `alone`."""
    if not alone and rng.random() < 0.25:
        return None
    look = rng.choice(("color", "shape", "size", "cell"))
    if look == "cell":
        cells = [cell for cell in range(GRID * GRID) if dataclasses.replace(thing, cell=cell).region != thing.region]
        near = sorted(cells, key=lambda cell: abs(cell // GRID - thing.row) + abs(cell % GRID - thing.column))
        return dataclasses.replace(thing, cell=rng.choice(near[:4]))
    every = {"color": COLORS, "shape": SHAPES, "size": SIZES}[look]
    value = rng.choice([value for value in every if value != getattr(thing, look)])
    changed: dict[str, Any] = {look: value}
    return dataclasses.replace(thing, **changed)
