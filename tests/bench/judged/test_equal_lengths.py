"""Win rates at equal lengths: what the regression gives where the answer is known."""

import pytest

from burnish.bench.judged.equal_lengths import at_equal_lengths


def test_equal_lengths_change_nothing() -> None:
    found = at_equal_lengths([*"abcd"], [1, 1, 1, 0], [0, 0, 0, 0])
    assert found.rate == pytest.approx(0.75, abs=5e-3)  # the weak prior pulls a little to a half
    assert found.interval is not None and found.interval.low < 0.75 < found.interval.high


def test_wins_by_length_alone_are_none_at_equal_lengths() -> None:
    # it wins 9 of 10 where its answers are longer and 1 of 10 where they are shorter, and they are longer in 30 of 40
    worth = ([1] * 9 + [0]) * 3 + [1] + [0] * 9
    longer = [100] * 30 + [-100] * 10
    found = at_equal_lengths([str(i) for i in range(40)], worth, longer)
    assert sum(worth) / 40 == 0.7
    assert found.rate == pytest.approx(0.5, abs=0.02)


def test_shorter_answers_that_win_are_worth_more_at_equal_lengths() -> None:
    # as good as can be at any length: 3 of 4 both where they are longer and where they are shorter
    worth = [1, 1, 1, 0] * 10
    found = at_equal_lengths([str(i) for i in range(40)], worth, [50, -50, 50, -50] * 10)
    assert found.rate > 0.7


def test_a_model_that_always_wins_has_a_finite_rate() -> None:
    found = at_equal_lengths([str(i) for i in range(20)], [1] * 20, [float(i) for i in range(20)])
    assert 0.9 < found.rate < 1
    assert at_equal_lengths(["a", "a"], [1, 0], [1, 2]).interval is None  # one picture says nothing of others


def test_several_questions_about_one_picture_count_as_related() -> None:
    worth, longer = [1, 1, 1, 1, 0, 0] * 5, [0.0] * 30
    alone = at_equal_lengths([str(i) for i in range(30)], worth, longer).interval
    # the same answers, where all questions about a picture go the same way
    related = at_equal_lengths([str(i // 5) for i in range(30)], sorted(worth), longer).interval
    assert alone is not None and related is not None
    assert related.high - related.low > 1.5 * (alone.high - alone.low)
