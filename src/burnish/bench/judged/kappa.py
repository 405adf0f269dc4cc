"""Agreement of two raters beyond chance: Cohen's kappa (1960), and with quadratic weights (1968), with intervals.

Both are functions of a table of counts, so an interval comes from drawing pictures with replacement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from burnish.bench.standard.numbers import bootstrap, sums_by_picture
from burnish.scores import Bounds
from burnish.uncertainty import Floats

TwoRatings: TypeAlias = float | str
"""A number, or a label."""


class Rated(NamedTuple):
    """What two raters said of one thing."""

    picture: str
    first: TwoRatings
    second: TwoRatings


class Kappa(NamedTuple):
    """None where it is undefined: both always say the same one thing."""

    value: float | None
    interval: Bounds | None


def categories(rated: Sequence[Rated]) -> list[TwoRatings]:
    """All that was said by either: numbers in their order, then labels in theirs."""
    values = {value for one in rated for value in (one.first, one.second)}
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def cohen(rated: Sequence[Rated]) -> Kappa:
    """Kappa: 1 is agreement in all, 0 what two would have that say the same as often, but without looking."""
    names = categories(rated)
    return _kappa(rated, names, 1 - np.eye(len(names)))


def quadratic(rated: Sequence[Rated]) -> Kappa:
    """Kappa of numbers, in which a disagreement counts by the square of its size."""
    names = categories(rated)
    values_K = np.array([float(name) for name in names])
    return _kappa(rated, names, (values_K[:, None] - values_K[None, :]) ** 2)


def _kappa(rated: Sequence[Rated], names: Sequence[TwoRatings], cost_KK: Floats) -> Kappa:
    place = {name: i for i, name in enumerate(names)}
    cells = np.eye(len(names) ** 2)
    terms = [cells[len(names) * place[one.second] + place[one.first]] for one in rated]
    sums_PC = sums_by_picture([one.picture for one in rated], terms)

    def statistic(sums_RC: Floats) -> Floats:
        shares_RKK = (sums_RC / sums_RC.sum(axis=1, keepdims=True)).reshape(-1, *cost_KK.shape)
        seen_R = (cost_KK * shares_RKK).sum(axis=(1, 2))
        by_chance_RKK = shares_RKK.sum(axis=2)[:, :, None] * shares_RKK.sum(axis=1)[:, None, :]
        expected_R = (cost_KK * by_chance_RKK).sum(axis=(1, 2))
        kappa_R = np.full(len(seen_R), np.nan)
        np.divide(expected_R - seen_R, expected_R, out=kappa_R, where=expected_R > 0)
        return kappa_R

    value = float(statistic(sums_PC.sum(axis=0)[None])[0])
    return Kappa(value, bootstrap(sums_PC, statistic)) if math.isfinite(value) else Kappa(None, None)
