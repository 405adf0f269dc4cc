"""Means of what people said, with intervals, and how far they agree (FIRE, table A1)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import krippendorff
import numpy as np

from burnish.review.asks import ASKS, RatingTask
from burnish.review.ratings import Rating
from burnish.scores import Estimate, RaterAgreement, ReviewLevel, ReviewMean, ReviewScores
from burnish.uncertainty import bootstrap_interval


class _RatingCell(NamedTuple):
    """What a mean is over."""

    ask: str
    kind: str
    level: ReviewLevel
    group: str


class _RatingTerm:
    """Of one case, in one mean: the sum and the number of its ratings."""

    __slots__ = ("n", "total")

    def __init__(self) -> None:
        self.total, self.n = 0.0, 0


class RatingTally:
    """Takes ratings one by one, and tells all numbers at the end; memory grows with cases, not with texts."""

    def __init__(self) -> None:
        self._terms: defaultdict[_RatingCell, defaultdict[int, _RatingTerm]] = defaultdict(
            lambda: defaultdict(_RatingTerm)
        )
        self._values: defaultdict[tuple[str, str], defaultdict[tuple[int, str], Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        self._cases, self._raters, self._ratings = set[int](), set[str](), 0

    def add(self, rating: Rating) -> None:
        """Count one rating."""
        ask = ASKS[rating.ask]
        for kind, value in _measures(ask, rating):
            for level, group in _groups(rating):
                term = self._terms[_RatingCell(rating.ask, kind, level, group)][rating.case]
                term.total += value
                term.n += 1
        self._values[rating.ask, rating.kind][rating.case, rating.item][rating.value] += 1
        self._cases.add(rating.case)
        self._raters.add(rating.rater)
        self._ratings += 1

    def scores(self) -> ReviewScores:
        """All numbers, in an order that does not depend on that of the ratings."""
        cells = sorted(self._terms.items(), key=lambda entry: _place(entry[0]))
        return ReviewScores(
            cases=len(self._cases),
            raters=len(self._raters),
            ratings=self._ratings,
            means=tuple(ReviewMean(**cell._asdict(), estimate=_estimate(terms)) for cell, terms in cells),
            agreements=tuple(
                _agreement(ask, kind, list(units.values())) for (ask, kind), units in sorted(self._values.items())
            ),
        )


def _measures(ask: RatingTask, rating: Rating) -> Iterator[tuple[str, float]]:
    """What a rating adds to which means: its number, or a 1 to its verdict and a 0 to the others."""
    if ask.level == "ordinal":
        yield rating.kind, float(rating.value)
        return
    for verdict in ask.values:
        yield verdict, float(verdict == rating.value)


def _groups(rating: Rating) -> tuple[tuple[ReviewLevel, str], ...]:
    return ("all", ""), ("split", rating.split), ("source", rating.source), ("rater", rating.rater)


def _place(cell: _RatingCell) -> tuple[object, ...]:
    levels = ("all", "split", "source", "rater")
    order = ASKS[cell.ask].values
    return cell.ask, levels.index(cell.level), cell.group, order.index(cell.kind) if cell.kind in order else cell.kind


def _estimate(terms: defaultdict[int, _RatingTerm]) -> Estimate:
    """The mean; cases are drawn again with replacement for its interval, each with all of its ratings."""
    terms_C2 = np.array([(term.total, term.n) for _, term in sorted(terms.items())], dtype=np.float64)
    total, n = terms_C2.sum(axis=0)
    low, high = bootstrap_interval(terms_C2) or (None, None)
    return Estimate(value=float(total / n), low=low, high=high, n=int(n))


def _agreement(ask: str, kind: str, units: list[Counter[str]]) -> RaterAgreement:
    shared = [unit for unit in units if unit.total() > 1]
    asked, alpha = ASKS[ask], None
    if len(set().union(*shared)) > 1:  # where all say the same, chance would have them agree as well
        counts_UV = np.array([[unit[value] for value in asked.values] for unit in shared])
        alpha = float(krippendorff.alpha(value_counts=counts_UV, level_of_measurement=asked.level))
    return RaterAgreement(ask=ask, kind=kind, alpha=alpha, items=len(shared))
