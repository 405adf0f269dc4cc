"""From verdicts in both orders to wins, by hand; and what a judge that goes by the order gives."""

import pytest

from burnish.bench.judged.verdicts import TwoVerdicts, pair_result, position_bias


def two(forth: str | None, back: str | None, picture: str = "") -> TwoVerdicts:
    return TwoVerdicts(picture or f"{forth} {back}", forth, back)


@pytest.mark.parametrize(
    ("forth", "back", "outcome", "contradicts", "agrees"),
    [
        ("first", "second", "wins", False, True),  # a stood first, then second
        ("second", "first", "losses", False, True),
        ("first", "first", "ties", True, False),
        ("second", "second", "ties", True, False),
        ("tie", "tie", "ties", False, True),
        ("first", "tie", "ties", False, False),
        ("tie", "first", "ties", False, False),
    ],
)
def test_both_orders(forth: str, back: str, outcome: str, contradicts: bool, agrees: bool) -> None:
    found = two(forth, back)
    assert (found.outcome, found.contradicts, found.agrees) == (outcome, contradicts, agrees)


def test_a_pair_by_hand() -> None:
    won = [two("first", "second", f"w{i}") for i in range(6)]
    verdicts = [*won, two("second", "first"), two("first", "first"), two("tie", "tie"), two("first", None)]
    found = pair_result(("a", "b"), verdicts, unpaired=3)
    assert (found.n, found.wins, found.ties, found.losses) == (9, 6, 2, 1)
    assert (found.contradictions, found.left_out, found.unpaired) == (1, 1, 3)
    assert found.win_rate == pytest.approx((6 + 2 / 2) / 9)
    assert found.p_value == pytest.approx(2 * (1 + 7) / 2**7)  # 7 tosses, at most 1 of them lost, either way
    assert found.verdict == "undecided"
    low, high = found.intervals["wins"]  # Wilson's interval of 6 of 9
    assert (low, high) == (pytest.approx(0.3542, abs=1e-4), pytest.approx(0.8794, abs=1e-4))


def test_a_clear_winner() -> None:
    found = pair_result(("a", "b"), [two("second", "first", str(i)) for i in range(8)], unpaired=0)
    assert (found.losses, found.verdict) == (8, "worse")
    assert found.p_value == pytest.approx(2 / 2**8)
    assert found.win_rate == 0


def test_nothing_that_can_be_read() -> None:
    found = pair_result(("a", "b"), [two(None, "first")], unpaired=0)
    assert (found.n, found.left_out, found.win_rate, found.interval, found.p_value) == (0, 1, None, None, None)
    assert found.verdict == "undecided"
    assert position_bias([two(None, None)]).share is None


def test_a_judge_that_always_says_first_is_found_out() -> None:
    verdicts = [two("first", "first", str(i)) for i in range(10)]
    bias = position_bias(verdicts)
    assert (bias.first, bias.second, bias.share, bias.agreement) == (20, 0, 1.0, 0.0)
    found = pair_result(("a", "b"), verdicts, unpaired=0)
    assert (found.wins, found.ties, found.contradictions) == (0, 10, 10)


def test_the_bias_of_a_judge_by_hand() -> None:
    bias = position_bias([two("first", "second"), two("first", "first"), two("tie", "tie"), two("first", None)])
    assert (bias.first, bias.second, bias.tie) == (4, 1, 2)
    assert bias.share == pytest.approx(4 / 5)
    assert bias.agreement == pytest.approx(2 / 3)  # of the three that were judged twice
