"""`pocket`: the small world that comes with Burnish, drawn on the spot.

`pocket:SPLIT/TASK+TASK` names a split (`train`, the default, `heldout` or `new`) and the tasks to ask (all of the
split's, unless given). Option: `#per_task=N` for how many questions of each task there are to sample from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from burnish.errors import SourceError
from burnish.images import encode_png
from burnish.records import Dropped, Example
from burnish.sources.base import Candidate, Source, with_picture
from burnish.sources.spec import Spec

if TYPE_CHECKING:
    from burnish.pocket.world import Split

PER_TASK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PocketSource(Source):
    """Questions whose pictures are drawn when they are loaded."""

    split: Split = "train"
    tasks: tuple[str, ...] = ()
    """Empty for all tasks of the split."""
    per_task: int = PER_TASK
    """How many questions of each task there are."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`pocket:SPLIT/TASK+TASK`. Raises SourceError that lists the splits or tasks there are."""
        from burnish.pocket.world import SPLITS, tasks_of

        name, _, tasks = spec.path.partition("/")
        split = next((known for known in SPLITS if known == (name or "train")), None)
        if split is None:
            raise SourceError(f"pocket:{spec.path} names no split: write pocket:SPLIT, one of {', '.join(SPLITS)}.")
        names = [task.name for task in tasks_of(split)]
        chosen = tuple(tasks.split("+")) if tasks else tuple(names)
        for task in chosen:
            if task not in names:
                raise SourceError(f"pocket:{split} has no task {task!r}: its tasks are {', '.join(names)}.")
        per_task = spec.only("per_task").get("per_task", str(PER_TASK))
        if not per_task.isdecimal() or int(per_task) < 1:
            raise SourceError(f"pocket: #per_task= must be a whole number from 1 on, not {per_task}.")
        return cls(split=split, tasks=chosen, per_task=int(per_task))

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """Question 0 of each task, then question 1 of each, and so on."""
        from burnish.pocket.world import question_at

        for index in range(self.per_task):
            for task in self.tasks:
                asked = question_at(self.split, index, task)
                yield Candidate(
                    id=asked.id,
                    image=asked.scene.key,
                    question=asked.question,
                    answer=asked.answer,
                    source=asked.task.name,
                    facts=asked.facts,
                )

    def load(self, candidate: Candidate) -> Example:
        """Draws the picture."""
        from burnish.pocket.world import draw, scene_from_json

        return with_picture(candidate, encode_png(draw(scene_from_json(candidate.facts["scene"]))))
