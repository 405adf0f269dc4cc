"""The losses against numbers worked out by hand, against one another, and at their edges."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from burnish.train.losses import LOSSES, rewards, sigmoid, softmax, summed

ALL = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def one_pair(chosen: float, *rejected: float) -> tuple[Tensor, Tensor, Tensor]:
    return torch.tensor([chosen]), torch.tensor([rejected]), torch.ones(1, len(rejected), dtype=torch.bool)


def test_a_reward_is_beta_times_the_log_ratio() -> None:
    # 0.1 * (-3 - (-5)) = 0.2
    assert rewards(torch.tensor(-3.0), torch.tensor(-5.0), beta=0.1).item() == pytest.approx(0.2)


@ALL
def test_an_untrained_policy_has_the_loss_of_a_coin(loss) -> None:
    # all rewards 0: -log(1/2) = 0.693147
    assert loss(*one_pair(0.0, 0.0)).item() == pytest.approx(0.693147, abs=1e-6)


@ALL
def test_one_negative_gives_the_loss_of_equation_7(loss) -> None:
    # r_c - r_r = 0.5 - (-0.3) = 0.8; log(1 + exp(-0.8)) = log(1.449329) = 0.371101
    assert loss(*one_pair(0.5, -0.3)).item() == pytest.approx(0.371101, abs=1e-6)


def test_softmax_with_two_negatives() -> None:
    # log(1 + exp(-0.3 - 0.5) + exp(0.1 - 0.5)) = log(1 + 0.449329 + 0.670320) = log(2.119649) = 0.751250
    assert softmax(*one_pair(0.5, -0.3, 0.1)).item() == pytest.approx(0.751250, abs=1e-6)


def test_sum_with_two_negatives() -> None:
    # 0.5 - (-0.3 + 0.1) = 0.7; log(1 + exp(-0.7)) = log(1.496585) = 0.403186
    assert summed(*one_pair(0.5, -0.3, 0.1)).item() == pytest.approx(0.403186, abs=1e-6)


def test_softmax_of_untrained_policy_is_chance_among_all_answers() -> None:
    assert softmax(*one_pair(0.0, 0.0, 0.0, 0.0)).item() == pytest.approx(math.log(4), abs=1e-6)


@pytest.mark.parametrize("loss", [softmax, summed])
@pytest.mark.parametrize("rubbish", [1e4, math.nan, math.inf])
def test_a_missing_negative_has_no_influence(loss, rubbish: float) -> None:
    chosen_B = torch.tensor([0.5, 0.2], requires_grad=True)
    rejected_BK = torch.tensor([[-0.3, rubbish], [0.1, 0.4]], requires_grad=True)
    losses_B = loss(chosen_B, rejected_BK, torch.tensor([[True, False], [True, True]]))
    alone_B = torch.cat([loss(*one_pair(0.5, -0.3)), loss(*one_pair(0.2, 0.1, 0.4))])
    torch.testing.assert_close(losses_B, alone_B)
    losses_B.sum().backward()
    assert rejected_BK.grad is not None and rejected_BK.grad[0, 1] == 0
    assert chosen_B.grad is not None and torch.isfinite(chosen_B.grad).all()


@ALL
@pytest.mark.parametrize(("chosen", "rejected", "expected"), [(-500.0, 500.0, 1000.0), (500.0, -500.0, 0.0)])
def test_large_rewards_stay_finite(loss, chosen: float, rejected: float, expected: float) -> None:
    chosen_B, rejected_BK, present_BK = one_pair(chosen, rejected)
    value_B = loss(chosen_B.requires_grad_(), rejected_BK, present_BK)
    value_B.sum().backward()
    assert value_B.item() == pytest.approx(expected)
    # d(-log sigmoid(m))/dm = -sigmoid(-m): -1 for a hopeless margin, 0 for a won one
    assert chosen_B.grad is not None and chosen_B.grad.item() == pytest.approx(-1.0 if expected else 0.0)


@ALL
def test_gradient_of_the_chosen_reward(loss) -> None:
    # -sigmoid(-0.8) = -1 / (1 + 2.225541) = -0.310026
    chosen_B, rejected_BK, present_BK = one_pair(0.5, -0.3)
    loss(chosen_B.requires_grad_(), rejected_BK, present_BK).sum().backward()
    assert chosen_B.grad is not None and chosen_B.grad.item() == pytest.approx(-0.310026, abs=1e-6)


def test_sigmoid_refuses_many_negatives() -> None:
    with pytest.raises(ValueError, match="exactly one negative"):
        sigmoid(*one_pair(0.5, -0.3, 0.1))
