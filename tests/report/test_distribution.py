"""Distributions, by hand."""

from __future__ import annotations

import pytest

from burnish.report.distribution import Distribution


def counted(*values: float) -> Distribution:
    made = Distribution()
    for value in values:
        made.add(value)
    return made


def test_mean_and_counts() -> None:
    made = counted(8.5, 3, 3, 10)
    assert (made.n, made.mean) == (4, 24.5 / 4)
    assert made.to_json() == {"n": 4, "mean": 6.125, "median": 5.75, "counts": {"3": 2, "8.5": 1, "10": 1}}


@pytest.mark.parametrize(
    ("share", "value"),
    [(0, 1), (0.1, 1), (0.11, 2), (0.5, 5), (0.51, 6), (0.99, 10), (1, 10)],
)
def test_quantiles_of_one_to_ten(share: float, value: float) -> None:
    assert counted(*range(1, 11)).quantile(share) == value


def test_nothing_has_no_mean_and_no_quantile() -> None:
    assert (counted().mean, counted().median, counted().quantile(0.5)) == (None, None, None)


def test_decimals_are_rounded_halves_upwards() -> None:
    assert counted(8.5, 8.4, 9, -0.5, -0.6).rounded() == {9: 2, 8: 1, 0: 1, -1: 1}
