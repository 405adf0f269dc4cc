"""What a source is: it lists candidates cheaply, and opens the picture of a chosen one only when asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from burnish.records import Example, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An example before its picture is opened: small enough that a million of them can be weighed."""

    id: str
    image: str
    """Where the source finds the picture (a relative path, a row number): equal for questions on one picture."""
    question: str
    answer: str | None = None
    source: str
    facts: Facts = field(default_factory=dict)


class Source(Protocol):
    """One place that examples come from."""

    def candidates(self) -> Iterator[Candidate]:
        """All candidates in an order that never changes. Raises SourceError for a file that is wrong as a whole."""
        ...

    def load(self, candidate: Candidate) -> Example:
        """The candidate with its picture's bytes. Raises ImageError, with a reason to count, for a bad picture."""
        ...
