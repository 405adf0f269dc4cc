"""What the pocket VLM is trained on: one picture, or none at first, and as many questions as fit a row of tokens.

Most rows are *packed*: every question sees the picture and itself alone, at the positions it would have in a
conversation of its own, so one row trains many single-question prompts at the cost of one picture. The others
are plain conversations of several turns. A lesson depends on seed and number alone: training resumes exactly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from burnish.ids import stable_seed
from burnish.pocket.vocabulary import ASSISTANT, BOS, EOS, IMAGE, PAD, USER, special_id
from burnish.pocket.world.draw import draw
from burnish.pocket.world.generate import Manner
from burnish.pocket.world.habits import NATURAL, Habits
from burnish.pocket.world.questions import scene_in, split_of
from burnish.pocket.world.scene import CELL, SIDE, Scene, SceneKind
from burnish.pocket.world.tasks import SEEN, SceneQuestion
from burnish.pocket.world.tasks.describing import caption, describe, describe_one
from burnish.pocket.world.tasks.relations import relation

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

ROW = 112
"""Tokens of a row, the picture's 16 included."""
KINDS: tuple[SceneKind, ...] = ("objects", "objects", "objects", "objects", "text", "text", "bars")
"""A lesson's kind of scene is drawn from these."""
CONVERSATION_SHARE = 0.25
"""Share of rows that are conversations of several turns."""
DESCRIPTION_SHARE = 0.8
"""Share of scenes of objects that are described as a whole, too."""
TOWER_BATCH = 256
"""Pictures in a step of the tower's own training."""
EASY_STEPS = 800
"""Steps in which scenes of objects grow from one object to six: what is where is learnt on few objects first."""
SHARED = 0
"""The part of a row that every question sees: the picture, or a whole conversation."""
PADDING = -1


class Lesson(NamedTuple):
    """One row. `labels` are -100 where nothing is to be said, `weights` 1 / sqrt(length) of the answer."""

    scene: Scene
    ids: list[int]
    labels: list[int]
    weights: list[float]
    positions: list[int]
    parts: list[int]


class LessonBatch(NamedTuple):
    """Lessons side by side; `parts_BT` tells which question a token belongs to (SHARED, 1, 2 … or PADDING)."""

    scenes: tuple[Scene, ...]
    ids_BT: torch.Tensor
    labels_BT: torch.Tensor
    weights_BT: torch.Tensor
    positions_BT: torch.Tensor
    parts_BT: torch.Tensor


@dataclass
class Lessons:
    """Batch number i of the training."""

    tokenizer: PreTrainedTokenizerFast
    batch_size: int
    seed: int = 0
    habits: float = NATURAL
    """The strength of the world's habits."""
    easy_steps: int = EASY_STEPS
    pictures: bool = True
    """Whether lessons have a picture; without, they teach what is usually said."""

    def __post_init__(self) -> None:
        self._words: dict[str, list[int]] = {}
        self._manner = Manner(Habits(self.habits))

    def __getitem__(self, step: int) -> LessonBatch:
        lessons = [self.lesson(step * self.batch_size + row) for row in range(self.batch_size)]
        length = max(len(lesson.ids) for lesson in lessons)

        def pad(name: str, value: float) -> torch.Tensor:
            rows = [getattr(lesson, name) for lesson in lessons]
            return torch.tensor([row + [value] * (length - len(row)) for row in rows])

        return LessonBatch(
            scenes=tuple(lesson.scene for lesson in lessons),
            ids_BT=pad("ids", special_id(PAD)),
            labels_BT=pad("labels", -100),
            weights_BT=pad("weights", 0.0),
            positions_BT=pad("positions", 0),
            parts_BT=pad("parts", PADDING),
        )

    def scenes(self, step: int) -> list[Scene]:
        """Scenes without questions for step `step` of the tower's own training."""
        rng = Random(stable_seed("scenes", self.seed, step))
        return [training_scene(rng, self._manner) for _ in range(TOWER_BATCH)]

    def lesson(self, number: int) -> Lesson:
        """Lesson `number`: a random training scene with its questions."""
        rng = Random(stable_seed("lesson", self.seed, number))
        grown = min(1.0, number // self.batch_size / self.easy_steps) if self.easy_steps else 1.0
        scene = training_scene(rng, self._manner, most=1 + round(5 * grown))
        packed = rng.random() >= CONVERSATION_SHARE
        picture = [special_id(BOS), special_id(USER), *[special_id(IMAGE)] * (SIDE // CELL) ** 2 * self.pictures]
        ids, n_picture = list(picture), len(picture)
        labels, weights = [-100] * n_picture, [0.0] * n_picture
        positions, parts = list(range(n_picture)), [SHARED] * n_picture
        for part, asked in enumerate(_asked(scene, rng), start=1):
            opening = [] if packed or part == 1 else [special_id(USER)]
            prompt = [*opening, *self._encode(asked.question), special_id(ASSISTANT)]
            answer = [*self._encode(asked.answer), special_id(EOS)]
            if len(ids) + len(prompt) + len(answer) > ROW:
                continue
            start = n_picture if packed else len(ids)
            ids += prompt + answer
            labels += [-100] * len(prompt) + answer
            weights += [0.0] * len(prompt) + [len(answer) ** -0.5] * len(answer)
            positions += range(start, start + len(prompt) + len(answer))
            parts += [part if packed else SHARED] * (len(prompt) + len(answer))
        return Lesson(scene, ids, labels, weights, positions, parts)

    def _encode(self, text: str) -> list[int]:
        if text not in self._words:
            if len(self._words) > 50_000:
                self._words.clear()
            self._words[text] = self.tokenizer.encode(text, add_special_tokens=False)
        return self._words[text]


def training_scene(rng: Random, manner: Manner, most: int = 6) -> Scene:
    """A random scene of the training split, with no more than `most` objects if it shows objects alone."""
    while True:
        scene = scene_in("train", rng.choice(KINDS), rng, manner)
        if scene.kind == "objects" and len(scene.things) > most:
            scene = dataclasses.replace(scene, things=scene.things[: rng.randint(1, most)])
        if split_of(scene) == "train":
            return scene


def pixels(scenes: Sequence[Scene]) -> torch.Tensor:
    """The scenes' pictures: uint8, (scene, row, column, channel)."""
    return torch.from_numpy(np.stack([np.asarray(draw(scene)) for scene in scenes]))


def _asked(scene: Scene, rng: Random) -> list[SceneQuestion]:
    """Different questions of the seen tasks about a scene, in random order, more than fit a row."""
    asks = [task.ask for task in SEEN if task.kind == scene.kind and task.ask is not describe]
    if scene.kind == "objects":
        asks += [describe_one, relation]  # relations are the slowest to learn
    found: dict[str, SceneQuestion] = {}
    for _ in range(16):
        asked = rng.choice(asks)(scene, rng)
        if asked is not None:
            found.setdefault(asked.question, asked)
    if scene.kind == "objects" and rng.random() < DESCRIPTION_SHARE:
        place = rng.randrange(3)
        return [*list(found.values())[:place], caption(scene, rng), *list(found.values())[place:]]
    return list(found.values())
