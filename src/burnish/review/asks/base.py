"""What a question to people consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from burnish.records import Facts
from burnish.review.cases import ReviewCase
from burnish.store import Run


class Criterion(NamedTuple):
    """One thing to look at."""

    name: str
    what: str


class RatingScale(NamedTuple):
    """How one kind of item is rated."""

    title: str
    question: str
    criteria: tuple[Criterion, ...]


class Option(NamedTuple):
    """One of the ratings to choose from."""

    shown: str
    """Its value on the page, which tells no secret, and the key to press for it."""
    label: str
    stored: str
    """Its value in the store."""
    swapped: str
    """Its value in the store where the sides were swapped for this rater."""

    def value(self, *, swapped: bool) -> str:
        """What the store keeps when this option is chosen."""
        return self.swapped if swapped else self.stored


@dataclass(frozen=True, kw_only=True)
class RatingTask:
    """A question to people about the records of runs."""

    title: str
    records: str
    """What a run must hold, in plain words."""
    template: str
    """The page's template."""
    level: Literal["ordinal", "nominal"]
    """Whether one value is more than another: decides how means and agreement are computed."""
    rubrics: dict[str, RatingScale]
    """By kind of item."""
    options: tuple[Option, ...]
    read: Callable[[Sequence[Run]], Iterator[ReviewCase]]
    """All cases of the runs, streamed. Raises RunError for runs that cannot be asked about."""

    @property
    def values(self) -> tuple[str, ...]:
        """All that the store may hold for it, from the least up where there is an order."""
        return tuple(option.stored for option in self.options)


BETTER = "better"
"""The one item of a choice between two."""
CHOICES = (
    Option("a", "A is better", "first", "second"),
    Option("b", "B is better", "second", "first"),
    Option("t", "As good as each other", "tie", "tie"),
    Option("x", "Both bad", "neither", "neither"),
)
"""Between a first and a second text, either of which may stand as A."""


def split_of(run: Run, facts: Facts) -> str:
    """The split that a dialogue of FIRE's file names itself; else the name of the run's folder."""
    frame = facts.get("fire")
    named = frame.get("split") if isinstance(frame, dict) else None
    return named if isinstance(named, str) and named.strip() else run.path.resolve().name
