"""Questions of a split, by number: found without drawing, the same on every machine.

A scene's content hash decides its split, so no picture and no (picture, question) is ever in two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from burnish.errors import ConfigError
from burnish.ids import stable_seed
from burnish.images import encode_png
from burnish.pocket.world.draw import draw
from burnish.pocket.world.generate import random_scene
from burnish.pocket.world.scene import Kind, Scene, scene_to_json
from burnish.pocket.world.tasks import BY_NAME, NEW, SEEN, Task
from burnish.records import Example, Facts

Split: TypeAlias = Literal["train", "heldout", "new"]
SPLITS: tuple[Split, ...] = ("train", "heldout", "new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a split; its picture is drawn only when asked for."""

    id: str
    task: Task
    scene: Scene
    question: str
    answer: str
    options: tuple[str, ...]

    @property
    def facts(self) -> Facts:
        """What the world knows: task, group, the data set it stands for, options and scene."""
        return {
            "task": self.task.name,
            "group": self.task.group,
            "stands_for": self.task.stands_for,
            "options": list(self.options),
            "scene": scene_to_json(self.scene),
        }

    def example(self) -> Example:
        """The question with its picture, as every source gives it."""
        return Example(
            id=self.id,
            image=encode_png(draw(self.scene)),
            question=self.question,
            answer=self.answer,
            source=self.task.name,
            facts=self.facts,
        )


def split_of(scene: Scene) -> Split:
    """The one split this scene belongs to: a tenth is held out, a tenth is for new tasks, the rest is for training."""
    lot = int(scene.key[:8], 16) % 10
    return "heldout" if lot == 0 else "new" if lot == 1 else "train"


def tasks_of(split: Split) -> tuple[Task, ...]:
    """The tasks asked in a split."""
    return NEW if split == "new" else SEEN


def scene_in(split: Split, kind: Kind, rng: Random) -> Scene:
    """A random scene of this kind that belongs to the split."""
    while True:
        scene = random_scene(kind, rng)
        if split_of(scene) == split:
            return scene


def question_at(split: Split, index: int, task: str | None = None, seed: int = 0) -> Question:
    """Question number `index` of a split: of one task, or of the split's tasks in turn.

    Raises ConfigError for a split or task that does not exist, or a task that the split does not ask.
    """
    chosen, number = _task_and_number(split, index, task)
    rng = Random(stable_seed("pocket", seed, split, chosen.name, number))
    while True:
        scene = scene_in(split, chosen.kind, rng)
        asked = chosen.ask(scene, rng)
        if asked is not None:
            break
    lot = f"-s{seed}" if seed else ""
    return Question(
        id=f"pocket-{split}{lot}-{chosen.name}-{number:06}",
        task=chosen,
        scene=scene,
        question=asked.question,
        answer=asked.answer,
        options=asked.options,
    )


def make(split: Split, index: int, task: str | None = None, seed: int = 0) -> Example:
    """`question_at` with its picture drawn."""
    return question_at(split, index, task, seed).example()


def _task_and_number(split: Split, index: int, task: str | None) -> tuple[Task, int]:
    if split not in SPLITS:
        raise ConfigError(f"The pocket world has no split {split!r}: choose one of {', '.join(SPLITS)}.")
    if index < 0:
        raise ConfigError(f"Questions of the pocket world are numbered from 0, not {index}.")
    tasks = tasks_of(split)
    if task is None:
        return tasks[index % len(tasks)], index // len(tasks)
    if task not in BY_NAME:
        raise ConfigError(f"The pocket world has no task {task!r}: choose one of {', '.join(BY_NAME)}.")
    if BY_NAME[task] not in tasks:
        asked = ", ".join(one.name for one in tasks)
        raise ConfigError(f"Task {task!r} is not asked in the split {split!r}, which has {asked}.")
    return BY_NAME[task], index
