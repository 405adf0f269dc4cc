"""Cohen's kappa by hand."""

import pytest

from burnish.bench.judged.kappa import Rated, categories, cohen, quadratic


def rated(*pairs: tuple[float | str, float | str]) -> list[Rated]:
    return [Rated(str(i), *pair) for i, pair in enumerate(pairs)]


def test_kappa_by_hand() -> None:
    """20 of 50 both say yes, 15 both no: Wikipedia's example has 0.7 agreement, 0.5 by chance, kappa 0.4."""
    said = rated(*[("yes", "yes")] * 20, *[("yes", "no")] * 5, *[("no", "yes")] * 10, *[("no", "no")] * 15)
    found = cohen(said)
    assert found.value == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert found.interval is not None
    low, high = found.interval
    assert low < 0.4 < high


def test_quadratic_weights_by_hand() -> None:
    """Of (1, 1), (2, 2), (1, 3): seen (1 - 3)² / 3 = 4/3.

    By chance, with shares 2/3, 1/3, 0 of 1, 2, 3 for the first and 1/3 each for the second: 2/9 (0 + 1 + 4) + 1/9
    (1 + 0 + 1) = 12/9. So kappa is 0.
    """
    assert quadratic(rated((1, 1), (2, 2), (1, 3))).value == pytest.approx(0)
    near, far = quadratic(rated((1, 2), (5, 5), (9, 9))), quadratic(rated((1, 5), (5, 5), (9, 9)))
    assert near.value is not None and far.value is not None
    assert near.value > far.value  # what is nearly right counts for more


def test_the_extremes() -> None:
    assert cohen(rated(("a", "a"), ("b", "b"))).value == pytest.approx(1)
    assert cohen(rated(("a", "b"), ("b", "a"))).value == pytest.approx(-1)
    assert cohen(rated(("a", "a"), ("a", "a"))).value is None  # nothing to tell apart


def test_numbers_stand_in_their_order() -> None:
    assert categories(rated((10, 2), (9.5, 2))) == [2, 9.5, 10]
    assert categories(rated(("tie", "first"))) == ["first", "tie"]
