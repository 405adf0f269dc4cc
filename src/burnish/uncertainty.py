"""How sure a number is: intervals of ratios and of their differences, and tests of two models on the same questions.

Questions about one picture are not independent, so everything here works on pictures: `terms_P2` holds one row for
each of P pictures, the sums of its questions' numerators and denominators; a metric is the ratio of the column sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = Callable[[Floats], Floats]
"""From R rows of K column sums to R values: what a number becomes in each of R draws."""

Z = 1.959963984540054
"""Standard normal quantile of a two-sided interval of 95 %."""
RESAMPLES = 2000
SEED = 20240916
"""Of all resampling, the same for every number: scoring a run twice gives the same intervals."""
_BLOCK = 2_000_000
"""Draws held in memory at once."""
_PIECE = 250_000
"""Draws that are made at once."""
_KEPT = 4
"""Blocks of draws that are kept."""


class Interval(NamedTuple):
    """Bounds of 95 % confidence."""

    low: float
    high: float


def ratio(terms_P2: Floats) -> float | None:
    """The metric's value, None where its denominator is 0."""
    numerator, denominator = terms_P2.sum(axis=0)
    return float(numerator / denominator) if denominator else None


def ratios(sums_R2: Floats) -> Floats:
    """The metric in each of R draws, nan where a denominator is 0: such a draw says nothing about it."""
    ratios_R = np.full(len(sums_R2), np.nan)
    np.divide(sums_R2[:, 0], sums_R2[:, 1], out=ratios_R, where=sums_R2[:, 1] != 0)
    return ratios_R


def wilson(successes: float, n: float) -> Interval:
    """Wilson's score interval of a rate (Wilson, 1927), for `successes` of `n`; `n` may be an effective size."""
    rate = successes / n
    centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def rate_interval(terms_P2: Floats) -> Interval | None:
    """Wilson's interval of a rate, with the number of questions that independent ones would need to be as sure."""
    rate = ratio(terms_P2)
    if rate is None:
        return None
    n = effective_size(terms_P2)
    return wilson(rate * n, n)


def effective_size(terms_P2: Floats) -> float:
    """Questions divided by the design effect of asking several about one picture (Korn & Graubard, 1998).

    The design effect is the variance of the rate between pictures over that of independent questions; below 1 it
    counts as 1. Where all answers agree it cannot be seen, and pictures are counted instead of questions.
    """
    terms_P2 = terms_P2[terms_P2[:, 1] > 0]
    n, pictures = float(terms_P2[:, 1].sum()), len(terms_P2)
    if pictures in (n, 1):
        return float(pictures)
    rate = float(terms_P2[:, 0].sum()) / n
    if rate in (0.0, 1.0):
        return float(pictures)
    residuals_P = terms_P2[:, 0] - rate * terms_P2[:, 1]
    between = pictures / (pictures - 1) * float((residuals_P**2).sum()) / n**2
    return n / max(1.0, between / (rate * (1 - rate) / n))


def bootstrap_interval(terms_P2: Floats) -> Interval | None:
    """Percentile interval of the ratio, pictures drawn with replacement; None for a single picture."""
    return percentiles(ratios(resampled_sums(terms_P2))) if len(terms_P2) > 1 else None


def difference_interval(before_P2: Floats, after_P2: Floats) -> Interval | None:
    """Percentile interval of ratio(after) - ratio(before), the same pictures drawn for both."""
    if len(before_P2) < 2:
        return None
    sums_R4 = resampled_sums(np.hstack((before_P2, after_P2)))
    return percentiles(ratios(sums_R4[:, 2:]) - ratios(sums_R4[:, :2]))


def resampled_sums(terms_PK: Floats) -> Floats:
    """R x K: the column sums in each of RESAMPLES draws of P pictures with replacement (Efron, 1979)."""
    return _in_blocks(lambda start, count: _times_drawn(len(terms_PK), start, count) @ terms_PK, len(terms_PK))


def percentiles(values_R: Floats) -> Interval | None:
    """The interval that holds 95 % of a number's values in all draws; None where no draw has one (nan)."""
    finite = values_R[np.isfinite(values_R)]
    if not len(finite):
        return None
    low, high = np.quantile(finite, [0.025, 0.975])
    return Interval(float(low), float(high))


def mcnemar(wins: int, losses: int) -> float:
    """Exact two-sided p-value of McNemar's test: how often a fair coin splits wins + losses at least as unevenly."""
    n, ways, tail = wins + losses, 1, 0
    outcomes: int = 2**n
    for k in range(min(wins, losses) + 1):
        tail += ways
        ways = ways * (n - k) // (k + 1)
    return min(1.0, 2 * tail / outcomes)


def swap_test(before_PK: Floats, after_PK: Floats, statistic: Statistic = ratios) -> float | None:
    """Two-sided p-value of the approximate randomization test (Noreen, 1989; Yeh, 2000, for precision and F1).

    If the two models were alike, a picture's answers could be swapped between them: the p-value is the share of
    random swaps whose difference is at least the one seen. It may be used on any function of column sums, on whole
    pictures; without one, it is used on the ratio.
    """
    change_PK = after_PK - before_PK
    base_K, changed_K = before_PK.sum(axis=0), after_PK.sum(axis=0)
    seen = float((statistic(changed_K[None]) - statistic(base_K[None]))[0])
    if not math.isfinite(seen):
        return None

    def swapped(start: int, count: int) -> Floats:
        moved_RK = _coins(len(change_PK), start, count) @ change_PK
        return statistic(changed_K - moved_RK) - statistic(base_K + moved_RK)

    differences_R = np.abs(_in_blocks(swapped, len(change_PK)))
    extreme = np.count_nonzero(differences_R >= abs(seen) - 1e-12)
    return float((1 + extreme) / (1 + np.count_nonzero(np.isfinite(differences_R))))


def _times_drawn(pictures: int, start: int, count: int) -> Floats:
    """count x pictures: how often each picture is drawn in the draws from `start` on.

    A block of draws depends on its place alone, so that the metrics of one group of questions can share it, where all
    blocks can be kept; counting and multiplying is four times faster than gathering rows.
    """
    shared = RESAMPLES * pictures <= _KEPT * _BLOCK
    return _kept_draws(pictures, start, count) if shared else _draws(pictures, start, count)


@lru_cache(maxsize=_KEPT)
def _kept_draws(pictures: int, start: int, count: int) -> Floats:
    return _draws(pictures, start, count)


def _draws(pictures: int, start: int, count: int) -> Floats:
    generator, times_RP = np.random.default_rng((SEED, start)), np.empty((count, pictures))
    step = max(1, _PIECE // pictures)
    for first in range(0, count, step):  # the draws are those of one piece, whatever its size
        rows = min(step, count - first)
        drawn_RP = generator.integers(0, pictures, (rows, pictures))
        drawn_RP += pictures * np.arange(rows)[:, None]
        counts = np.bincount(drawn_RP.ravel(), minlength=rows * pictures)
        times_RP[first : first + rows] = counts.reshape(rows, pictures)
    return times_RP


@lru_cache(maxsize=4)
def _coins(pictures: int, start: int, count: int) -> Floats:
    """count x pictures of 0 and 1, at random, in the same way."""
    return np.random.default_rng((SEED, start)).integers(0, 2, (count, pictures)).astype(np.float64)


def _in_blocks(draw: Callable[[int, int], Floats], pictures: int) -> Floats:
    step = max(1, _BLOCK // pictures)
    return np.concatenate([draw(start, min(step, RESAMPLES - start)) for start in range(0, RESAMPLES, step)])
