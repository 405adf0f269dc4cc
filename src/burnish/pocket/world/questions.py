"""Questions of a split, by number: found without drawing, the same on every machine.

A scene's content hash decides its split, so no picture and no (picture, question) is ever in two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from random import Random
from typing import Literal, TypeAlias, get_args

from burnish.errors import ConfigError
from burnish.ids import stable_seed
from burnish.images import encode_png
from burnish.pocket.world.draw import draw
from burnish.pocket.world.generate import Manner, random_scene
from burnish.pocket.world.habits import AGAINST, NATURAL, NONE, Habits
from burnish.pocket.world.scene import Scene, SceneKind, scene_to_json
from burnish.pocket.world.tasks import BY_NAME, NEW, SEEN, TASKS, WorldTask
from burnish.pocket.world.tasks.existence import NEGATIVES, Negatives, existence
from burnish.records import Example, Facts

Split: TypeAlias = Literal["train", "heldout", "new", "balanced", "balanced-train", "counter", "counter-train"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class SplitContent:
    """What a split shows and asks."""

    habits: float
    """The strength of its habits."""
    tasks: tuple[WorldTask, ...]
    negatives: Negatives = "random"
    """Which things that are not there are asked about."""


PLACES: Mapping[Split, SplitContent] = {
    "train": SplitContent(NATURAL, SEEN),
    "heldout": SplitContent(NATURAL, SEEN),
    "new": SplitContent(NATURAL, NEW),
    "balanced": SplitContent(NONE, TASKS),
    "balanced-train": SplitContent(NONE, TASKS),
    "counter": SplitContent(AGAINST, TASKS, "adversarial"),
    "counter-train": SplitContent(AGAINST, TASKS, "adversarial"),
}
_LOTS: tuple[Split, ...] = ("heldout", "new", "balanced", "counter", "balanced-train", "counter-train")
"""The splits of the first tenths of all scenes; what is left is for training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What differs from the split's own way; None leaves it as it is. Raises ConfigError for what cannot be."""

    habits: float | None = None
    """Strength, from -1 to 1."""
    haze: float | None = None
    """From 0, where all is plain, to 1."""
    negatives: Negatives | None = None

    def __post_init__(self) -> None:
        if self.habits is not None and not -1 <= self.habits <= 1:
            raise ConfigError(f"The strength of habits is a number from -1 to 1, not {self.habits:g}.")
        if self.haze is not None and not 0 <= self.haze <= 1:
            raise ConfigError(f"Haze is a number from 0 to 1, not {self.haze:g}.")
        if self.negatives is not None and self.negatives not in NEGATIVES:
            raise ConfigError(f"Negatives are {', '.join(NEGATIVES)}, not {self.negatives!r}.")

    @property
    def scenes(self) -> str:
        """What differs about scenes, as a part of seeds and ids: empty where nothing does."""
        marks = (("habits", self.habits), ("haze", self.haze))
        return "".join(f"-{name}{value:g}" for name, value in marks if value is not None)


AS_IT_IS = Variant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a split; its picture is drawn only when asked for."""

    id: str
    task: WorldTask
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
    """The one split this scene belongs to, by its content: a tenth for each but `train`, which has four."""
    lot = int(scene.key[:8], 16) % 10
    return _LOTS[lot] if lot < len(_LOTS) else "train"


def tasks_of(split: Split) -> tuple[WorldTask, ...]:
    """The tasks asked in a split."""
    return PLACES[split].tasks


def scene_in(split: Split, kind: SceneKind, rng: Random, manner: Manner | None = None) -> Scene:
    """A random scene of this kind that belongs to the split, drawn as the split has it unless a manner is given."""
    manner = manner or Manner(Habits(PLACES[split].habits))
    while True:
        scene = random_scene(kind, rng, manner)
        if split_of(scene) == split:
            return scene


@lru_cache(maxsize=16_384)
def question_at(
    split: Split, index: int, task: str | None = None, seed: int = 0, variant: Variant = AS_IT_IS
) -> Question:
    """Question number `index` of a split: of one task, or of the split's tasks in turn.

    Kept, because one process often asks the same again: before and after a training, for each row of a recipe.
    Raises ConfigError for a split or task that does not exist, or a task that the split does not ask.
    """
    chosen, number = _task_and_number(split, index, task)
    place = PLACES[split]
    manner = Manner(
        Habits(place.habits if variant.habits is None else variant.habits),
        1.0 if variant.haze is None else variant.haze,
    )
    negatives = variant.negatives or place.negatives
    ask = partial(existence, negatives=negatives) if chosen.ask is existence else chosen.ask
    # the seed leaves negatives out: as officially, they are asked about the same pictures, where a picture has any
    rng = Random(stable_seed("pocket", seed, split + variant.scenes, chosen.name, number))
    while True:
        scene = scene_in(split, chosen.kind, rng, manner)
        asked = ask(scene, rng)
        if asked is not None:
            break
    lot = f"-s{seed}" if seed else ""
    marks = variant.scenes + (f"-{negatives}" if negatives != place.negatives else "")
    return Question(
        id=f"pocket-{split}{lot}{marks}-{chosen.name}-{number:06}",
        task=chosen,
        scene=scene,
        question=asked.question,
        answer=asked.answer,
        options=asked.options,
    )


def make(split: Split, index: int, task: str | None = None, seed: int = 0, variant: Variant = AS_IT_IS) -> Example:
    """`question_at` with its picture drawn."""
    return question_at(split, index, task, seed, variant).example()


def _task_and_number(split: Split, index: int, task: str | None) -> tuple[WorldTask, int]:
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
