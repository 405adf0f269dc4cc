"""A distribution kept as the number of times each value came up: exact, and small however many values there are."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from burnish.records import Json


@dataclass(slots=True)
class Distribution:
    """Lengths, scores or other values of which there are few different ones."""

    counts: Counter[float] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[value] += 1

    @property
    def n(self) -> int:
        """Values counted."""
        return self.counts.total()

    @property
    def mean(self) -> float | None:
        """None where nothing was counted."""
        return sum(value * times for value, times in self.counts.items()) / self.n if self.n else None

    @property
    def median(self) -> float | None:
        """The middle value, or the mean of the two in the middle."""
        return (self._at((self.n - 1) // 2) + self._at(self.n // 2)) / 2 if self.n else None

    def quantile(self, share: float) -> float | None:
        """The lowest value that at least this share of all does not exceed."""
        return self._at(max(0, math.ceil(share * self.n) - 1)) if self.n else None

    def rounded(self) -> Counter[int]:
        """How often each whole number came up, decimals rounded, halves upwards."""
        whole = Counter[int]()
        for value, times in self.counts.items():
            whole[math.floor(value + 0.5)] += times
        return whole

    def to_json(self) -> dict[str, Json]:
        """Number, mean, median, and how often each value came up."""
        counts: dict[str, Json] = {f"{value:g}": self.counts[value] for value in sorted(self.counts)}
        return {"n": self.n, "mean": self.mean, "median": self.median, "counts": counts}

    def _at(self, index: int) -> float:
        for value in sorted(self.counts):
            index -= self.counts[value]
            if index < 0:
                return value
        raise IndexError(index)
