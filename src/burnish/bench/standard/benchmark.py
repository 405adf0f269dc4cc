"""What a standard benchmark is: its file in this folder ends with one `BENCHMARK`, which every verb reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from burnish.bench.measures import Measures
from burnish.bench.standard.asking.base import AnsweredQuestion
from burnish.bench.standard.numbers import Scored
from burnish.records import Json

Rescore: TypeAlias = Callable[[Sequence[AnsweredQuestion], Mapping[str, Json]], Scored[Any] | None]
"""From a run's answers and its flags to scores."""


class Way(NamedTuple):
    """How one verb is called for a benchmark."""

    config: type[Any]
    """Its flags; its class variable `benchmark` is the benchmark's name."""
    call: Callable[[Any], Any]
    """From such flags to what the verb needs."""


def no_scores(_predictions: Sequence[AnsweredQuestion], _flags: Mapping[str, Json]) -> None:
    """Only a judge can tell."""


def itself(key: str) -> str:
    """Each question counts for itself."""
    return key


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One standard benchmark, by the name of its file.

    `title` and `what` are written as plain texts, and what it has no part in is left out, so that
    `burnish --help` finds them without importing anything (`registry.py`).
    """

    title: str
    """As a person reads it."""
    column: str = ""
    """As the papers head their columns, where that is shorter."""
    what: str
    """What follows the title where verbs are listed."""
    score: Way
    """`burnish score NAME`: to `Scored`."""
    ask: Way | None = None
    """`burnish bench standard NAME`: to the questions, an `OpenBenchmark`."""
    submit: Way | None = None
    """`burnish submit NAME`, for a test set that only a server can score: to a `Submission`."""
    make: Way | None = None
    """`burnish make-NAME`: questions about a user's own pictures, to what was `Made`."""
    measures: Callable[[Collection[str]], Measures]
    """What is measured, where the answers are of these groups."""
    rescore: Rescore = no_scores
    """Scores of a run's answers; None where the truth is a server's."""
    unit: Callable[[str], str] = itself
    """From a question's id to what is scored as a whole: no part of it counts where one question was dropped."""
    place: Callable[[str], str] = itself
    """From a question's id to that of the scored answer that it belongs to."""

    @property
    def heading(self) -> str:
        """The title of a column."""
        return self.column or self.title
