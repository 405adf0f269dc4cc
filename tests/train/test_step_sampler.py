"""The order of training: every example once per epoch, the same for a seed, long beside long within a step."""

from __future__ import annotations

import numpy as np
from datasets import Dataset

from burnish.train.sampling import StepSampler, token_counts

LENGTHS = np.array([5, 1, 9, 3, 7, 2, 8, 4, 6, 0])


def test_every_example_once_and_longest_first_within_a_step() -> None:
    order = list(StepSampler(LENGTHS, step_size=4, seed=0))
    assert sorted(order) == list(range(10))
    for step in (order[:4], order[4:8], order[8:]):
        assert list(LENGTHS[step]) == sorted(LENGTHS[step], reverse=True)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    first, again, other = (StepSampler(LENGTHS, step_size=4, seed=seed) for seed in (0, 0, 1))
    assert list(first) == list(again) == list(first)
    assert list(first) != list(other)
    again.set_epoch(1)
    assert list(first) != list(again)


def test_steps_hold_random_examples() -> None:
    steps = {frozenset(list(StepSampler(LENGTHS, step_size=5, seed=seed))[:5]) for seed in range(20)}
    assert len(steps) > 10  # of 252 possible ones


def test_tokens_are_counted_over_all_lists_of_a_row() -> None:
    rows = {"id": ["a", "b", "c", "d"], "ids": [[[1, 2], [3]], [[4]], [], [[], [5, 6, 7, 8]]]}
    assert token_counts(Dataset.from_dict(rows)).tolist() == [3, 1, 0, 4]
