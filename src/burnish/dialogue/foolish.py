"""Answers that a teacher must not be fooled by, made of ground truths alone, and the student that gives them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Self, TypeAlias

from burnish.ids import stable_seed
from burnish.records import Example
from burnish.roles import Case, Oracle

POOL: Final = 256
"""Ground truths of other examples that wrong answers are made with."""
RIGHT: Final = "right"
STOCK: Final = ("yes", "no", "2", "7", "red", "left", "a square")
"""Answers to some other question, where no others are known."""
VERSION: Final = "1"
_YES_NO: Final = {"yes": "no", "no": "yes"}
Draw: TypeAlias = random.Random


@dataclass(frozen=True)
class Fools:
    """Makes the answers of each kind to an example, the same ones whenever it is asked."""

    seed: int
    truths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Some of each source."""

    @classmethod
    def of(cls, examples: Iterable[object], seed: int) -> Self:
        """With the ground truths of the first examples."""
        truths: dict[str, list[str]] = {}
        for one in islice(examples, POOL):
            if isinstance(one, Example) and one.answer:
                truths.setdefault(one.source, []).append(one.answer)
        return cls(seed, truths)

    def answers(self, example: Example) -> dict[str, str]:
        """By kind, the right one first."""
        return {kind: make(self, example, self._draw(example, kind)) for kind, make in KINDS.items()}

    def off_topic(self, example: Example, draw: Draw) -> str:
        """Of another source where there are several, else another of its own."""
        elsewhere = [answer for source, some in self.truths.items() if source != example.source for answer in some]
        return draw.choice(self._others(elsewhere, example) or self._others([*self._alike(example), *STOCK], example))

    def almost(self, example: Example, draw: Draw) -> str:
        """Yes for no, one digit for another, or one word for another that stands in such answers."""
        truth = example.answer or ""
        if opposite := _YES_NO.get(truth.strip().lower()):
            return opposite
        if digits := [place for place, sign in enumerate(truth) if sign.isdigit()]:
            place = draw.choice(digits)
            return (
                truth[:place] + draw.choice([sign for sign in "123456789" if sign != truth[place]]) + truth[place + 1 :]
            )
        words = truth.split() or [""]
        place = draw.randrange(len(words))
        known = {word for answer in self._alike(example) or STOCK for word in answer.split()} - {*words}
        words[place] = draw.choice(sorted(known) or ["?"])
        return " ".join(words)

    def _alike(self, example: Example) -> Sequence[str]:
        return self.truths.get(example.source, ())

    def _others(self, answers: Sequence[str], example: Example) -> list[str]:
        return [answer for answer in answers if answer != example.answer]

    def _draw(self, example: Example, kind: str) -> Draw:
        return random.Random(stable_seed(self.seed, example.source, example.id, kind))


def _garbled(_: Fools, example: Example, draw: Draw) -> str:
    """Its letters in any order, and again."""
    letters = [sign for sign in example.answer or "" if not sign.isspace()]
    draw.shuffle(letters)
    return "".join(letters) * 2


KINDS: Final[Mapping[str, Callable[[Fools, Example, Draw], str]]] = {
    RIGHT: lambda _, example, __: example.answer or "",
    "almost right": Fools.almost,
    "off-topic": Fools.off_topic,
    "garbled": _garbled,
    "empty": lambda *_: "",
}
"""In the order of tables."""


def fool_student() -> Oracle[Case]:
    """A student that is not a model, and never right: teachers that learn from it are harder to fool."""

    def says(case: Case) -> str:
        """A wrong answer of one kind or another, of another kind in each turn."""
        mistakes = [*Fools(stable_seed(case.seed, "fool")).answers(case.example).values()][1:]
        first = stable_seed(case.example.source, case.example.id)
        return mistakes[(first + len(case.turns)) % len(mistakes)]

    return Oracle(name="student fool", version=VERSION, says=says)
