"""Direct preference optimisation with one or many negatives, as pure functions of rewards.

Axes: B pairs, K negatives a pair. Pairs may have different numbers of negatives: `present_BK` is False where a row
has none, and what stands there has no influence. Each loss gives one value a pair; nothing here averages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

Loss: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(chosen_rewards_B, rejected_rewards_BK, present_BK) -> losses_B"""


def rewards(policy_logps: Tensor, reference_logps: Tensor, *, beta: float) -> Tensor:
    """SeVa's equation 6 without its constant: beta times the log-ratio (nats) of policy to reference, any shape."""
    return beta * (policy_logps - reference_logps)


def sigmoid(chosen_rewards_B: Tensor, rejected_rewards_BK: Tensor, present_BK: Tensor) -> Tensor:
    """Equation 7, -log sigmoid(r_c - r_r), for exactly one negative a pair."""
    if rejected_rewards_BK.shape[1] != 1 or not present_BK.all():
        raise ValueError("the sigmoid loss compares with exactly one negative a pair")
    return -logsigmoid(chosen_rewards_B - rejected_rewards_BK[:, 0])


def softmax(chosen_rewards_B: Tensor, rejected_rewards_BK: Tensor, present_BK: Tensor) -> Tensor:
    """-log p*_multi, equation 16 with the rewards of equation 6: log(1 + sum_r exp(r_r - r_c))."""
    deficits_BK = (rejected_rewards_BK - chosen_rewards_B[:, None]).masked_fill(~present_BK, -torch.inf)
    chosen_B1 = torch.zeros_like(chosen_rewards_B)[:, None]
    return torch.cat([chosen_B1, deficits_BK], dim=1).logsumexp(dim=1)


def summed(chosen_rewards_B: Tensor, rejected_rewards_BK: Tensor, present_BK: Tensor) -> Tensor:
    """Equation 18 as printed: -log sigmoid(r_c - sum_r r_r).

    It is not what equations 16 and 6 give: with several negatives the constant of equation 6 does not cancel.
    """
    return -logsigmoid(chosen_rewards_B - rejected_rewards_BK.masked_fill(~present_BK, 0.0).sum(dim=1))


LOSSES: Final[Mapping[str, Loss]] = {"softmax": softmax, "sum": summed, "sigmoid": sigmoid}
"""By the names that `--loss` takes."""
