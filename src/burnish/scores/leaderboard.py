"""What `burnish compare leaderboard` finds: many models on several benchmarks, each against one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.scores.base import Estimate, Metric
from burnish.scores.compared import Together


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """One model."""

    model: str
    results: int
    """Benchmarks and seeds."""
    values: Mapping[str, Estimate]
    """By benchmark, the mean over seeds; without an interval where there are several."""
    together: Together | None
    """Its changes from the baseline; None for the baseline itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Models, the best first, those without a number for every benchmark last."""

    baseline: str
    """The model that all others are compared with."""
    metrics: Mapping[str, Metric]
    """The number that decides, by benchmark."""
    rows: tuple[LeaderboardRow, ...]

    @property
    def ranked(self) -> tuple[LeaderboardRow, ...]:
        """Those that have a number for every benchmark; the others come last."""
        return tuple(row for row in self.rows if row.values.keys() == self.metrics.keys())
