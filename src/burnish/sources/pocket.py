"""`pocket`: the small world that comes with Burnish, drawn on the spot.

`pocket:SPLIT/TASK+TASK` names a split (`train`, the default, `heldout` or `new`) and the tasks to ask (all of the
split's, unless given). Options: `#per_task=N` for how many questions of each task there are to sample from, `#lot=N`
for other questions altogether (0 unless given).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    lot: int = 0
    """Another lot has other questions about other pictures of the same split."""

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
        options = spec.only("per_task", "lot")
        return cls(
            split=split,
            tasks=chosen,
            per_task=_whole_number(options, "per_task", PER_TASK, least=1),
            lot=_whole_number(options, "lot", 0, least=0),
        )

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """Question 0 of each task, then question 1 of each, and so on."""
        from burnish.pocket.world import question_at

        for index in range(self.per_task):
            for task in self.tasks:
                asked = question_at(self.split, index, task, self.lot)
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


def _whole_number(options: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    """An option's value. Raises SourceError for what is no whole number from `least` on."""
    text = options.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise SourceError(f"pocket: #{name}= must be a whole number from {least} on, not {text}.")
    return int(text)
