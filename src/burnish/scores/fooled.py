"""How easily a teacher is fooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.scores.base import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class FooledKind:
    """Feedback to answers of one kind."""

    n: int
    """Answers."""
    unread: int
    """Of these, feedback without a score; it satisfies nobody, and is in no mean."""
    mean_score: float | None
    """0 to 10."""
    satisfied: Estimate
    """Share of the answers with a score from the threshold on: wanted for right answers, a fooled teacher else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FooledScores:
    """What `burnish bench teacher` measured."""

    teacher: str
    threshold: float
    kinds: Mapping[str, FooledKind]
    """By kind of answer, the right ones first."""
    dropped: Mapping[str, int]
    """Answers without feedback, by reason."""
