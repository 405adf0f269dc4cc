"""Intervals and tests against published values, arithmetic by hand, and simulation."""

import math
from itertools import product

import numpy as np
import pytest

from burnish.uncertainty import (
    RESAMPLES,
    bootstrap_interval,
    difference_interval,
    effective_size,
    mcnemar,
    rate_interval,
    ratio,
    swap_test,
    wilson,
)


def _one_question_a_picture(values: list[float]) -> np.ndarray:
    return np.array([[value, 1.0] for value in values])


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_equals_newcombes_table(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=6e-5)


def test_wilson_by_hand() -> None:
    # 1 of 2: centre is 1/2, half width z / (1 + z²/2) * sqrt(1/8 + z²/16).
    z2 = 3.841458820694124
    half = math.sqrt(z2) / (1 + z2 / 2) * math.sqrt(1 / 8 + z2 / 16)
    assert wilson(1, 2) == pytest.approx((0.5 - half, 0.5 + half))


def test_ratio_of_nothing_is_undefined() -> None:
    assert ratio(np.array([[0.0, 0.0], [0.0, 0.0]])) is None
    assert rate_interval(np.array([[0.0, 0.0]])) is None
    assert ratio(np.zeros((0, 2))) is None


def test_independent_questions_keep_their_number() -> None:
    assert effective_size(_one_question_a_picture([1, 0, 1, 1])) == 4


def test_questions_that_agree_within_pictures_count_as_pictures() -> None:
    # 4 pictures of 10 questions, all right or all wrong. Rate 1/2, residuals ±5, so the variance between is
    # 4/3 * 100 / 40² = 1/12, that of independent questions 1/4 / 40 = 1/160: design effect 13.33, size 40 / 13.33 = 3.
    terms_P2 = np.array([[10.0, 10.0], [0.0, 10.0], [10.0, 10.0], [0.0, 10.0]])
    assert effective_size(terms_P2) == pytest.approx(3)
    assert rate_interval(terms_P2) == wilson(1.5, 3)


def test_evenly_spread_questions_never_count_more_than_themselves() -> None:
    terms_P2 = np.array([[5.0, 10.0]] * 4)  # the design effect would be 0
    assert effective_size(terms_P2) == 40


def test_where_all_agree_pictures_are_counted() -> None:
    assert effective_size(np.array([[10.0, 10.0]] * 4)) == 4
    assert effective_size(np.array([[7.0, 10.0]])) == 1


def test_pictures_without_a_denominator_are_no_evidence() -> None:
    terms_P2 = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    assert effective_size(terms_P2) == 2


def test_bootstrap_agrees_with_the_normal_interval() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval = bootstrap_interval(_one_question_a_picture(list(values)))
    assert interval is not None
    half = 1.96 * values.std() / 20
    assert interval == pytest.approx((values.mean() - half, values.mean() + half), abs=0.04)


def test_bootstrap_draws_pictures_not_questions() -> None:
    # Every picture has 10 equal questions: the interval is that of 40 pictures, √10 wider than that of 400 questions.
    values = np.random.default_rng(2).normal(0, 1, 40)
    clustered = bootstrap_interval(np.stack([values * 10, np.full(40, 10.0)], axis=1))
    apart = bootstrap_interval(_one_question_a_picture([v for v in values for _ in range(10)]))
    assert clustered is not None and apart is not None
    assert (clustered.high - clustered.low) / (apart.high - apart.low) == pytest.approx(math.sqrt(10), rel=0.1)


def test_one_picture_has_no_spread() -> None:
    assert bootstrap_interval(np.array([[3.0, 4.0]])) is None
    assert difference_interval(np.array([[3.0, 4.0]]), np.array([[4.0, 4.0]])) is None


def test_draws_that_leave_a_ratio_undefined_are_left_out() -> None:
    # A third of the draws of two pictures has no denominator at all; the others say 1.
    assert bootstrap_interval(np.array([[1.0, 1.0], [0.0, 0.0]])) == (1.0, 1.0)


def test_pairing_narrows_the_difference() -> None:
    hard = np.random.default_rng(3).normal(0, 5, 100)
    before, after = _one_question_a_picture(list(hard)), _one_question_a_picture(list(hard + 1))
    assert difference_interval(before, after) == pytest.approx((1.0, 1.0))  # every single question rose by one


def test_resampling_is_repeatable() -> None:
    terms_P2 = _one_question_a_picture([0, 1, 1, 0, 1])
    assert bootstrap_interval(terms_P2) == bootstrap_interval(terms_P2.copy())


@pytest.mark.parametrize(
    ("wins", "losses", "p_value"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 32),
        (6, 0, 2 / 64),
        (3, 3, 1.0),
        (1, 7, 2 * (1 + 8) / 256),
        (7, 1, 2 * (1 + 8) / 256),
    ],
)
def test_mcnemar_by_hand(wins: int, losses: int, p_value: float) -> None:
    assert mcnemar(wins, losses) == pytest.approx(p_value)


def test_mcnemar_of_thousands_does_not_overflow() -> None:
    assert mcnemar(5000, 5000) == 1
    assert 0 < mcnemar(4700, 5300) < 1e-8


def test_the_swap_test_finds_mcnemars_value() -> None:
    # 8 questions, won 7 and lost 1: McNemar's exact value is 18/256 = 0.0703; chance of 2,000 draws is ± 0.012.
    before = _one_question_a_picture([0] * 7 + [1] + [1] * 20)
    after = _one_question_a_picture([1] * 7 + [0] + [1] * 20)
    assert swap_test(before, after) == pytest.approx(18 / 256, abs=0.02)


def test_the_swap_test_of_a_precision_equals_all_swaps_counted() -> None:
    before = np.array([[1, 1], [0, 1], [0, 1], [1, 1], [0, 1.0]])
    after = np.array([[1, 1], [0, 0], [0, 0], [1, 1], [0, 1.0]])
    seen = abs(2 / 3 - 2 / 5)
    extreme = 0
    for swaps in product([False, True], repeat=5):
        old = np.where(np.array(swaps)[:, None], after, before).sum(axis=0)
        new = np.where(np.array(swaps)[:, None], before, after).sum(axis=0)
        extreme += abs(new[0] / new[1] - old[0] / old[1]) >= seen - 1e-12
    assert swap_test(before, after) == pytest.approx(extreme / 32, abs=0.04)


def test_equal_models_are_never_told_apart() -> None:
    terms_P2 = _one_question_a_picture([0, 1, 1])
    assert swap_test(terms_P2, terms_P2) == 1
    assert difference_interval(terms_P2, terms_P2) == (0, 0)


def test_an_undefined_metric_has_no_p_value() -> None:
    assert swap_test(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]])) is None


def test_many_pictures_are_drawn_in_blocks_of_bounded_size() -> None:
    terms_P2 = np.ones((6_000, 2))  # 2,000 draws of 6,000 pictures at once would take 100 MB
    assert bootstrap_interval(terms_P2) == (1, 1)
    assert RESAMPLES == 2000


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """500 benches of 60 pictures with 1 to 6 questions each, whose answers share a picture's difficulty."""
    random = np.random.default_rng(4)
    held_rate = held_bootstrap = 0
    for _ in range(500):
        asked = random.integers(1, 7, 60)
        right = random.binomial(asked, random.beta(3, 2, 60))  # the mean of beta(3, 2) is 0.6
        terms_P2 = np.stack([right, asked], axis=1).astype(float)
        for held, interval in ((0, rate_interval(terms_P2)), (1, bootstrap_interval(terms_P2))):
            assert interval is not None
            inside = interval.low <= 0.6 <= interval.high
            held_rate += inside and held == 0
            held_bootstrap += inside and held == 1
    assert 0.92 <= held_rate / 500 <= 0.98  # 95 % ± 1.96 * sqrt(0.95 * 0.05 / 500) is 93 % to 97 %
    assert 0.91 <= held_bootstrap / 500 <= 0.98
