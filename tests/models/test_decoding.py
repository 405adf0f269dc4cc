"""Choosing the next token: the likeliest, or from the nucleus with each answer's own random numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest
import torch

from burnish.models import Decoding
from burnish.models.decoding import Sampler, chooser


def test_greedy_takes_the_likeliest() -> None:
    choose = chooser(Decoding())

    assert choose(torch.tensor([[0.1, 0.9, 0.3], [5.0, -1.0, 2.0]]), []).tolist() == [1, 0]


def test_sampling_follows_the_distribution() -> None:
    logits = torch.log(torch.tensor([0.5, 0.2, 0.3])).repeat(4000, 1)
    sampler = Sampler(1.0, 1.0)

    counts = Counter(sampler(logits, _numbers(range(4000))).tolist())

    # a share's standard deviation is sqrt(p (1 - p) / 4000) < 0.008
    assert [counts[token] / 4000 for token in range(3)] == pytest.approx([0.5, 0.2, 0.3], abs=0.03)


def test_nucleus_keeps_the_fewest_tokens_that_reach_top_p() -> None:
    """Of 0.5, 0.3, 0.2 the first two reach 0.8, and are drawn at 5 : 3."""
    logits = torch.log(torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)).repeat(4000, 1)
    sampler = Sampler(1.0, 0.79)

    counts = Counter(sampler(logits, _numbers(range(4000))).tolist())

    assert counts[0] == 0
    assert counts[1] / 4000 == pytest.approx(5 / 8, abs=0.03)


def test_tiny_nucleus_is_greedy() -> None:
    sampler = Sampler(1.0, 1e-9)

    assert [int(sampler(torch.tensor([[0.0, 1.0, 0.5]]), _numbers([1]))) for _ in range(20)] == [1] * 20


def test_temperature_sharpens() -> None:
    """At temperature 0.5 odds of 2 : 1 become 4 : 1."""
    logits = torch.tensor([[math.log(2.0), 0.0]]).repeat(4000, 1)

    drawn = Sampler(0.5, 1.0)(logits, _numbers(range(4000)))

    assert float((drawn == 0).double().mean()) == pytest.approx(0.8, abs=0.03)


def test_an_answer_draws_its_own_numbers_whoever_its_neighbours_are() -> None:
    logits = torch.randn(1, 50, generator=torch.Generator().manual_seed(0))
    sampler, together, alone = Sampler(1.0, 1.0), _numbers([3, 4, 5]), _numbers([4])

    first = [sampler(logits.repeat(3, 1), together)[1].item(), sampler(logits, together[1:2]).item()]

    assert first == [sampler(logits, alone).item(), sampler(logits, alone).item()]


def _numbers(seeds: Iterable[int]) -> list[Random]:
    return [Random(seed) for seed in seeds]
