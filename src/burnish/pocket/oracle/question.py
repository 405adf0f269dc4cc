"""What the oracle knows of a question, and what kind of answer it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from burnish.errors import SourceError
from burnish.pocket.world import Scene, scene_from_json
from burnish.pocket.world.scene import COLORS, REGIONS, SHAPES, SIZES
from burnish.pocket.world.tasks.base import YES_NO
from burnish.pocket.world.tasks.relations import SIDES
from burnish.records import Facts

QuestionKind: TypeAlias = Literal[
    "description", "yes or no", "color", "shape", "size", "side", "place", "object", "number", "character", "text"
]
DESCRIBING = frozenset({"description", "part"})
"""Tasks whose answers are lists of statements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question of the pocket world with its truth."""

    task: str
    question: str
    answer: str
    options: tuple[str, ...]
    scene: Scene

    @classmethod
    def of(cls, facts: Facts, question: str, answer: str) -> Self:
        """From an example's facts. Raises SourceError where they are not the pocket world's."""
        try:
            options = facts["options"]
            scene = scene_from_json(facts["scene"])
        except (KeyError, TypeError) as error:
            raise SourceError(
                "The oracle knows the pocket world alone, and this example has no scene of it: "
                "take a `pocket` source, or name a model."
            ) from error
        listed = tuple(map(str, options)) if isinstance(options, list) else ()
        return cls(task=str(facts.get("task", "")), question=question, answer=answer, options=listed, scene=scene)

    @property
    def kind(self) -> QuestionKind:
        """What kind of answer is asked for."""
        signs: tuple[tuple[bool, QuestionKind], ...] = (
            (self.task in DESCRIBING, "description"),
            (self.options == YES_NO, "yes or no"),
            (self.options == tuple(SIDES), "side"),
            *((self.answer in values, kind) for kind, values in _VALUES),
            (" " in self.answer, "object"),
            (bool(self.options) and all(option.isdigit() for option in self.options), "number"),
            (bool(self.options), "character"),
        )
        return next((kind for holds, kind in signs if holds), "text")

    @property
    def possible(self) -> tuple[str, ...]:
        """All answers that a reader of the question alone might give; empty for descriptions and lines of text."""
        every = dict[str, tuple[str, ...]](_VALUES)
        return self.options or every.get(self.kind, ())


_VALUES: tuple[tuple[QuestionKind, tuple[str, ...]], ...] = (
    ("color", COLORS),
    ("shape", SHAPES),
    ("size", SIZES),
    ("place", REGIONS),
)
