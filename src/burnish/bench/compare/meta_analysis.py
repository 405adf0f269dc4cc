"""Several comparisons in one verdict: p-values corrected for their number, and the mean of what changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance
from typing import NamedTuple

import numpy as np

from burnish.uncertainty import Z

POWER = 0.8
"""How often a true change of the smallest size that is named would be called."""
_STEPS = 4000


class Effect(NamedTuple):
    """What changed, and how sure that is."""

    value: float
    error: float
    """Its standard error."""


class Mean(NamedTuple):
    """A mean of several changes."""

    value: float
    low: float
    high: float
    p_value: float
    between: float
    """The standard deviation of the true changes, beyond what chance makes of each."""
    share: float
    """Of the variance between the changes, what is not chance (I squared; Higgins & Thompson, 2002)."""


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values so enlarged that any is below 5 % by chance in 5 % of such families (Holm, 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def over_seeds(changes: Sequence[Effect]) -> Mean:
    """The mean change of trainings that differ in their seed, all asked the same questions.

    The questions' part of the error is the same for all seeds and does not shrink with their number; the seeds' part
    does, and its interval is Student's.
    """
    value, k = fmean(change.value for change in changes), len(changes)
    asked = fmean(change.error**2 for change in changes)
    spread = variance([change.value for change in changes]) if k > 1 else 0.0
    half = math.sqrt(Z**2 * asked + (student_quantile(k - 1) ** 2 * spread / k if k > 1 else 0.0))
    between = math.sqrt(spread)
    share = spread / (spread + asked) if spread + asked else 0.0
    return Mean(value, value - half, value + half, normal_p(value, half / Z), between, share)


def random_effects(changes: Sequence[Effect]) -> Mean:
    """The mean change over benchmarks, each with a true change of its own (DerSimonian & Laird, 1986, equation 8).

    The interval is Hartung and Knapp's (2001), never narrower than the usual one: right for few benchmarks too. It
    needs two changes or more, with errors above 0.
    """
    values, squares = (np.array(column) for column in zip(*((c.value, c.error**2) for c in changes), strict=True))
    fixed, k = 1 / squares, len(changes)
    centre = float((fixed * values).sum() / fixed.sum())
    q = float((fixed * (values - centre) ** 2).sum())
    between = max(0.0, (q - (k - 1)) / float(fixed.sum() - (fixed**2).sum() / fixed.sum()))
    weights = 1 / (squares + between)
    value = float((weights * values).sum() / weights.sum())
    seen = float((weights * (values - value) ** 2).sum() / ((k - 1) * weights.sum()))
    error = math.sqrt(max(seen, 1 / float(weights.sum())))
    half = student_quantile(k - 1) * error
    share = max(0.0, (q - (k - 1)) / q) if q else 0.0
    return Mean(value, value - half, value + half, student_p(value / error, k - 1), math.sqrt(between), share)


def smallest_change(error: float) -> float:
    """How large a true change must be to be called at 5 % in 80 % of trials, where a difference has this error."""
    return (Z + NormalDist().inv_cdf(POWER)) * error


def smallest_of(n: float, changed: float) -> float:
    """The same beforehand, for n independent right-or-wrong answers of which the share `changed` will differ.

    Solves n = ((z_a sqrt(c) + z_b sqrt(c - d^2)) / d)^2 for the change d (Connor, 1987, equation 1); at most c itself.
    """
    beta = NormalDist().inv_cdf(POWER)
    low, high = 0.0, changed
    for _ in range(60):
        middle = (low + high) / 2
        needed = (Z * math.sqrt(changed) + beta * math.sqrt(max(0.0, changed - middle**2))) ** 2
        low, high = (middle, high) if middle**2 * n < needed else (low, middle)
    return high


def normal_p(value: float, error: float) -> float:
    """Two-sided; 1 for no change at all."""
    if not error:
        return 0.0 if value else 1.0
    return 2 * (1 - NormalDist().cdf(abs(value) / error))


def student_p(t: float, freedom: int) -> float:
    """Two-sided, of Student's t: the density is integrated by Simpson's rule over the angle atan(t / sqrt(freedom))."""
    end = math.atan(abs(t) / math.sqrt(freedom))
    angles = np.linspace(0.0, end, _STEPS + 1)
    heights = np.cos(angles) ** (freedom - 1)
    weights = np.where(np.arange(_STEPS + 1) % 2, 4.0, 2.0)
    weights[[0, -1]] = 1.0
    area = float((weights * heights).sum()) * end / _STEPS / 3
    whole = math.sqrt(math.pi) * math.gamma(freedom / 2) / math.gamma((freedom + 1) / 2) / 2
    return max(0.0, 1 - area / whole)


def student_quantile(freedom: int) -> float:
    """Of a two-sided interval of 95 %."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_p(middle, freedom) > 0.05 else (low, middle)
    return high
