"""What one free dialogue is worth, by hand: every edge case, with its default and its options."""

import pytest

from burnish.bench.free_rules import CURVE, FreeRules, worth
from burnish.errors import ConfigError

OUT = (0.0, 0.0)
DEFAULTS = FreeRules()


def _terms(scores: list[float | None], rules: FreeRules = DEFAULTS) -> list[tuple[float, float]]:
    """turns, ADR, ATR and RR as (numerator, denominator)."""
    terms = worth(scores, rules).terms
    return [tuple(terms[name]) for name in ("turns", "ADR", "ATR", "RR")]


@pytest.mark.parametrize(
    ("scores", "turns", "adr", "atr", "rr"),
    [
        pytest.param([4, 9], 2, 5, 5 / 1, 1, id="right in turn 2"),
        pytest.param([4, 6, 9], 3, 5, 5 / 2, 1, id="right in turn 3"),
        pytest.param([6, 8], 2, 2, 2 / 1, 1, id="the threshold itself is right"),
        pytest.param([7.5, 7.9], 10, 7.9 - 7.5, 0.4 / 1, 0, id="below the threshold is not"),
        pytest.param([3, 5, 6, 7, 7.5], 10, 4.5, 4.5 / 4, 0, id="never right in 5 turns"),
        pytest.param([3, 5, 4], 10, 1, 1 / 2, 0, id="stopped early: the punishment, and the last score obtained"),
        pytest.param([5, 3], 10, -2, -2 / 1, 0, id="worse than before"),
        pytest.param([5], 10, 0, 0, 0, id="one turn, not right"),
        pytest.param([5, None], 10, 0, 0, 0, id="one score, then feedback without one"),
        pytest.param([4, 6, None], 10, 2, 2 / 2, 0, id="two scores in three turns"),
        pytest.param([None], 10, 0, 0, 0, id="no score at all"),
        pytest.param([None, 4, 9], 3, 5, 5 / 2, 1, id="the first score comes late"),
        pytest.param([None, 9], 2, 0, 0, 0, id="right, but from where cannot be said"),
        pytest.param([4, 8, 10], 2, 4, 4 / 1, 1, id="what follows a right response is ignored"),
        pytest.param([4, 8, 3], 2, 4, 4 / 1, 1, id="even where it is wrong again"),
    ],
)
def test_a_dialogue_by_the_defaults(scores: list[float | None], turns: int, adr: float, atr: float, rr: int) -> None:
    assert _terms(scores) == [(turns, 1), (pytest.approx(adr), 1), (pytest.approx(atr), 1), (rr, 1)]


@pytest.mark.parametrize("scores", [[9], [8], [10, 10], [9, 3]])
def test_right_at_once_enters_nothing_but_the_curve(scores: list[float | None]) -> None:
    assert _terms(scores) == [OUT] * 4
    found = worth(scores, DEFAULTS)
    assert found.right_at_once and not found.failed
    assert [found.terms[name] for name in CURVE] == [(1, 1)] * 5


def test_right_at_once_may_be_counted() -> None:
    assert _terms([9], FreeRules(right_at_once="counted")) == [(1, 1), (0, 1), (0, 1), (0, 1)]


@pytest.mark.parametrize(
    ("scores", "curve"),
    [
        ([4, 6, 9], [0, 0, 1, 1, 1]),
        ([9], [1, 1, 1, 1, 1]),
        ([9, 2], [1, 1, 1, 1, 1]),
        ([1, 2, 3, 4, 5, 9], [0, 0, 0, 0, 0]),
        ([None], [0, 0, 0, 0, 0]),
    ],
)
def test_the_curve_rises_once(scores: list[float | None], curve: list[int]) -> None:
    terms = worth(scores, FreeRules(no_score="left-out")).terms
    assert [terms[name] for name in CURVE] == [(reached, 1) for reached in curve]


def test_the_options_of_a_failure() -> None:
    failure: list[float | None] = [3, 5, 6]
    assert _terms(failure, FreeRules(failed="actual"))[0] == (3, 1)
    assert _terms(failure, FreeRules(punishment=6))[0] == (6, 1)
    assert _terms(failure, FreeRules(failed_divisor="punished"))[2] == (3 / 9, 1)
    assert _terms([3, 9], FreeRules(failed_divisor="punished"))[2] == (6 / 1, 1)  # no failure


def test_the_options_of_missing_scores() -> None:
    left_out = FreeRules(one_score="left-out")
    assert _terms([5], left_out) == [(10, 1), (0, 1), OUT, (0, 1)]
    assert _terms([5, None], left_out) == [(10, 1), (0, 1), OUT, (0, 1)]
    assert _terms([5, 6], left_out)[2] == (1, 1)
    assert _terms([None, None], FreeRules(no_score="left-out")) == [OUT] * 4
    assert worth([None, None], DEFAULTS).unscored


def test_what_follows_a_right_response_may_be_counted() -> None:
    counted = FreeRules(beyond="counted")
    assert _terms([4, 8, 10], counted) == [(2, 1), (6, 1), (6 / 2, 1), (1, 1)]
    assert _terms([4, 8, 3], counted) == [(2, 1), (-1, 1), (-1 / 2, 1), (0, 1)]
    assert _terms([8, 10], counted) == [OUT] * 4  # right at once all the same


def test_another_threshold() -> None:
    assert _terms([4, 6, 9], FreeRules(threshold=6)) == [(2, 1), (2, 1), (2, 1), (1, 1)]


def test_a_punishment_of_one_turn_is_none() -> None:
    with pytest.raises(ConfigError, match="--punishment"):
        FreeRules(punishment=1)
