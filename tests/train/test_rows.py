"""Which trees share a row, computed by hand: bins that are filled in order, and what a row of each length costs."""

from __future__ import annotations

import math
import random

import pytest

from burnish.train.packing import CAUSAL, WHOLE, fewest_operations, first_fit


def test_the_longest_goes_first_and_into_the_first_row_that_it_fits() -> None:
    # by length: 7 and 6 open rows, 4 goes behind the 6, 3 behind the 7, and both 2 open a third row
    assert first_fit([2, 7, 3, 6, 2, 4], 10) == [[1, 2], [3, 5], [0, 4]]


def test_short_trees_fill_up_the_row_of_a_long_one() -> None:
    # alone: 4 rows of 100 tokens; with room for 100: the 40 and the two 30s stand beside one another, 2 rows of 100
    assert fewest_operations([30, 100, 40, 30], even_length=1000, compared_alone=WHOLE) == [[1], [2, 0, 3]]


@pytest.mark.parametrize(
    ("even_length", "rows"),
    [
        # 4 rows of 100 tokens without sharing. Room for 100 fits nothing together. Room for 180, in two rows:
        # 360 x (1 + 180 / E) against 400 x (1 + 100 / E), which is less where E is above 620
        (619, [[0], [1], [2], [3]]),
        (621, [[0, 1], [2, 3]]),
        # one row, without padding: 340 x (1 + 340 / E), less than those two where E is above 2,540
        (2_539, [[0, 1], [2, 3]]),
        (2_541, [[0, 1, 2, 3]]),
        (math.inf, [[0, 1, 2, 3]]),
    ],
)
def test_longer_rows_pay_where_attention_is_cheap(even_length: float, rows) -> None:
    found = fewest_operations([100, 80, 80, 80], even_length, compared_alone=WHOLE)
    assert sorted(map(sorted, found)) == sorted(rows)


def test_a_row_that_needs_no_mask_is_worth_more() -> None:
    # apart 200 x (1 + 100 / E / 2) without masks, together 190 x (1 + 190 / E): less where E is above 2,610
    assert len(fewest_operations([100, 90], 2_609, compared_alone=CAUSAL)) == 2
    assert len(fewest_operations([100, 90], 2_611, compared_alone=CAUSAL)) == 1
    assert len(fewest_operations([100, 90], 2_609, compared_alone=WHOLE)) == 1


def test_trees_of_one_length_stay_alone() -> None:
    assert fewest_operations([50] * 4, math.inf, compared_alone=WHOLE) == [[0], [1], [2], [3]]


def test_every_tree_stands_once_and_nothing_gets_dearer() -> None:
    draw = random.Random(0)
    for _ in range(200):
        lengths = [draw.randint(1, 500) for _ in range(draw.randint(1, 24))]
        even = draw.choice([1.0, 300.0, 3_000.0, math.inf])
        rows = fewest_operations(lengths, even, compared_alone=WHOLE)
        assert sorted(tree for row in rows for tree in row) == list(range(len(lengths)))
        longest = max(sum(lengths[tree] for tree in row) for row in rows)
        apart = len(lengths) * max(lengths) * (1 + max(lengths) / even)
        assert len(rows) * longest * (1 + longest / even) <= apart
