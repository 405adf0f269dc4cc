"""`pocket`: the small world that comes with Burnish, drawn on the spot.

`pocket:SPLIT/TASK+TASK` names a split and the tasks to ask (all of the split's, unless given). Splits: `train` (the
default), `heldout` and `new`, drawn with the world's habits; `balanced`, where nothing is usual, and `counter`, where
hardly anything is as usual, each with pictures of its own to train on (`balanced-train`, `counter-train`).

Options: `#per_task=N` for how many questions of each task there are to sample from, `#lot=N` for other questions
altogether (0 unless given), `#habits=STRENGTH` from -1 to 1, `#haze=SHARE` from 0 (plain pictures) to 1, and
`#negatives=random`, `popular` or `adversarial` for what existence questions ask about that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from burnish.errors import ConfigError, SourceError
from burnish.images import encode_png
from burnish.records import Dropped, Example
from burnish.sources.base import Candidate, Source, with_picture
from burnish.sources.spec import Spec

if TYPE_CHECKING:
    from burnish.pocket.world import Split, Variant

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
    variant: Variant | None = None
    """Habits, haze and negatives, where they are not the split's own."""

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
        options = spec.only("per_task", "lot", "habits", "haze", "negatives")
        return cls(
            split=split,
            tasks=chosen,
            per_task=_whole_number(options, "per_task", PER_TASK, least=1),
            lot=_whole_number(options, "lot", 0, least=0),
            variant=_variant(options),
        )

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """Question 0 of each task, then question 1 of each, and so on."""
        from burnish.pocket.world import Variant, question_at

        variant = self.variant or Variant()
        for index in range(self.per_task):
            for task in self.tasks:
                asked = question_at(self.split, index, task, self.lot, variant)
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


def _variant(options: Mapping[str, str]) -> Variant | None:
    """What differs from the split's own way. Raises SourceError for what cannot be."""
    from burnish.pocket.world import Variant

    given: dict[str, Any] = {name: options[name] for name in ("habits", "haze", "negatives") if name in options}
    for name in ("habits", "haze"):
        if name in given:
            given[name] = _number(name, given[name])
    try:
        return Variant(**given) if given else None
    except ConfigError as error:
        raise SourceError(f"pocket: {error}") from error


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SourceError(f"pocket: #{name}= must be a number, not {text}.") from None


def _whole_number(options: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    """An option's value. Raises SourceError for what is not a whole number from `least` on."""
    text = options.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise SourceError(f"pocket: #{name}= must be a whole number from {least} on, not {text}.")
    return int(text)
