"""Preference losses with one or many negatives, as pure functions of rewards.

A reward is beta times a log-ratio of policy to reference (nats; SeVa's equation 6 without its constant), over the whole
answer unless a loss says otherwise.
Axes: B pairs, K negatives a pair, A = 1 + K answers, the chosen one first, L tokens of an answer. Pairs may have
different numbers of negatives: `present_BK` is False where a row has none, and what stands there has no influence.
Each loss gives one value per pair; nothing here averages over pairs.

A loss of two answers has the mean over a pair's negatives; only `softmax` and `sum` see all negatives at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from burnish.train.loss_terms import Objective

Pairwise: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(rewards of chosen answers, rewards of rejected answers) -> losses, shapes that broadcast."""
Loss: TypeAlias = "Callable[[LogRatios, Objective], Tensor]"
"""-> losses_B"""


class LogRatios(NamedTuple):
    """Of policy to reference, in nats, for all answers of some pairs."""

    sums_BA: Tensor
    """Over each answer."""
    lengths_BA: Tensor
    """Tokens of each answer, end token included; 0 where there is none."""
    present_BK: Tensor
    """Which rejected answers there are."""
    tokens_BAL: Tensor | None = None
    """Token by token, 0 behind an answer's end; None where no loss needs them."""
    distorted_BK: Tensor | None = None
    """Over the chosen answer under each rejected answer's distorted picture; None where no loss needs them."""
    falls_BK2L: Tensor | None = None
    """How far the reference's log-probability (nats) of each token falls from the picture to a rejected answer's
    distorted one, for the chosen and for that rejected answer; None where no loss needs them."""


def softmax(chosen_rewards_B: Tensor, rejected_rewards_BK: Tensor, present_BK: Tensor) -> Tensor:
    """-log p*_multi, SeVa's equation 16 with the rewards of equation 6: log(1 + sum_r exp(r_r - r_c))."""
    deficits_BK = (rejected_rewards_BK - chosen_rewards_B[:, None]).masked_fill(~present_BK, -torch.inf)
    chosen_B1 = torch.zeros_like(chosen_rewards_B)[:, None]
    return torch.cat([chosen_B1, deficits_BK], dim=1).logsumexp(dim=1)


def summed(chosen_rewards_B: Tensor, rejected_rewards_BK: Tensor, present_BK: Tensor) -> Tensor:
    """SeVa's equation 18 as printed: -log sigmoid(r_c - sum_r r_r).

    It is not what equations 16 and 6 give: with several negatives the constant of equation 6 does not cancel.
    """
    return -logsigmoid(chosen_rewards_B - rejected_rewards_BK.masked_fill(~present_BK, 0.0).sum(dim=1))


def sigmoid(chosen_rewards: Tensor, rejected_rewards: Tensor) -> Tensor:
    """DPO (arXiv 2305.18290, equation 7; SeVa's equation 7): -log sigmoid(r_c - r_r)."""
    return -logsigmoid(chosen_rewards - rejected_rewards)


def hinge(chosen_rewards: Tensor, rejected_rewards: Tensor) -> Tensor:
    """SLiC's hinge (arXiv 2305.10425) on DPO's rewards, as RSO has it (arXiv 2309.06657): max(0, 1 - (r_c - r_r))."""
    return (1 - (chosen_rewards - rejected_rewards)).relu()


def ipo(chosen_rewards: Tensor, rejected_rewards: Tensor, *, beta: float) -> Tensor:
    """IPO (arXiv 2310.12036, equation 17): (h - 1 / (2 beta))^2, with h = (r_c - r_r) / beta.

    Its rewards are of log-ratios *a token*: TRL learnt from its authors that their results are of that form.
    """
    return ((chosen_rewards - rejected_rewards) / beta - 1 / (2 * beta)).square()


def robust(chosen_rewards: Tensor, rejected_rewards: Tensor, *, flipped: float) -> Tensor:
    """Robust DPO (arXiv 2403.00409, section 3.1): DPO's loss without the bias of a share of `flipped` preferences.

    ((1 - f) * -log sigmoid(m) - f * -log sigmoid(-m)) / (1 - 2 f), with m = r_c - r_r. It can be negative.
    """
    margins = chosen_rewards - rejected_rewards
    return (-(1 - flipped) * logsigmoid(margins) + flipped * logsigmoid(-margins)) / (1 - 2 * flipped)


def bco_pair(chosen_rewards: Tensor, rejected_rewards: Tensor) -> Tensor:
    """BCO for pairs (arXiv 2404.04656, section 4): -log sigmoid(r_c) - log sigmoid(-r_r).

    Its shift of all rewards is left out, as TRL leaves it out.
    """
    return -logsigmoid(chosen_rewards) - logsigmoid(-rejected_rewards)


def apo_zero(chosen_rewards: Tensor, rejected_rewards: Tensor) -> Tensor:
    """APO for chosen answers better than the model's own (arXiv 2408.06266, equation 7).

    1 - sigmoid(r_c) + sigmoid(r_r).
    """
    return 1 - chosen_rewards.sigmoid() + rejected_rewards.sigmoid()


def apo_down(chosen_rewards: Tensor, rejected_rewards: Tensor) -> Tensor:
    """APO for chosen answers worse than the model's own (arXiv 2408.06266, equation 8).

    sigmoid(r_c) + 1 - sigmoid(r_c - r_r).
    """
    return chosen_rewards.sigmoid() + 1 - (chosen_rewards - rejected_rewards).sigmoid()


def anchored(chosen_rewards: Tensor) -> Tensor:
    """mDPO's anchor (arXiv 2406.11839, with its margin of 0): -log sigmoid(r_c).

    It keeps the chosen answer from becoming less likely than under the reference.
    """
    return -logsigmoid(chosen_rewards)


def sft(policy_logps_BA: Tensor) -> Tensor:
    """The negative log-probability (nats) of the chosen answer, to be divided by the tokens of all chosen answers.

    The term that RPO (arXiv 2404.19733) and MPO (arXiv 2411.10442) add to a preference loss, averaged as TRL does.
    """
    return -policy_logps_BA[:, 0]


def mean_over_negatives(
    pairwise: Pairwise, chosen_rewards_BK: Tensor, rejected_rewards_BK: Tensor, present_BK: Tensor
) -> Tensor:
    """The mean of a loss of two answers over a pair's negatives; chosen rewards may be of shape (B, 1) instead."""
    # left out before the loss as well: what is no number there would be none in the gradient either
    losses_BK = pairwise(chosen_rewards_BK, rejected_rewards_BK.masked_fill(~present_BK, 0.0))
    return losses_BK.masked_fill(~present_BK, 0.0).sum(dim=1) / present_BK.sum(dim=1)


def desensitised(tokens_BAL: Tensor, lengths_BA: Tensor, *, alpha: float) -> tuple[Tensor, Tensor]:
    """LD-DPO's sums (arXiv 2409.06411) over chosen and over rejected answers, (B, K) each.

    Of two answers, the tokens up to the length of the shorter count in full, those of the longer beyond it by `alpha`.
    """
    shared_BK = lengths_BA[:, :1].minimum(lengths_BA[:, 1:])
    within_BKL = torch.arange(tokens_BAL.shape[2], device=tokens_BAL.device) < shared_BK[:, :, None]
    weights_BKL = torch.where(within_BKL, 1.0, alpha).to(tokens_BAL)
    return (tokens_BAL[:, :1] * weights_BKL).sum(dim=2), (tokens_BAL[:, 1:] * weights_BKL).sum(dim=2)


def _all_at_once(listwise: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Loss:
    def loss(ratios: LogRatios, objective: Objective) -> Tensor:
        rewards_BA = objective.beta * ratios.sums_BA
        return listwise(rewards_BA[:, 0], rewards_BA[:, 1:], ratios.present_BK)

    return loss


def _compared(read: Callable[[LogRatios], Tensor], pairwise: Callable[[Objective], Pairwise]) -> Loss:
    def loss(ratios: LogRatios, objective: Objective) -> Tensor:
        rewards_BA = objective.beta * read(ratios)
        return mean_over_negatives(pairwise(objective), rewards_BA[:, :1], rewards_BA[:, 1:], ratios.present_BK)

    return loss


def _whole(ratios: LogRatios) -> Tensor:
    return ratios.sums_BA


def _a_token(ratios: LogRatios) -> Tensor:
    return ratios.sums_BA / ratios.lengths_BA.clamp(min=1)


def length_desensitised(ratios: LogRatios, objective: Objective) -> Tensor:
    """LD-DPO (arXiv 2409.06411): DPO's loss on sums in which a longer answer's surplus counts by `ld_alpha`."""
    if ratios.tokens_BAL is None or objective.ld_alpha is None:
        raise ValueError("LD-DPO needs log-ratios token by token, and its alpha")
    chosen_BK, rejected_BK = desensitised(ratios.tokens_BAL, ratios.lengths_BA, alpha=objective.ld_alpha)
    return mean_over_negatives(sigmoid, objective.beta * chosen_BK, objective.beta * rejected_BK, ratios.present_BK)


def conditional(ratios: LogRatios, objective: Objective) -> Tensor:
    """mDPO's conditional preference (arXiv 2406.11839, CoPO), the mean over a pair's distorted pictures.

    The chosen answer to the picture over itself to the distorted one: -log sigmoid(r(c | picture) - r(c | distorted)).
    """
    if ratios.distorted_BK is None:
        raise ValueError("conditional preference needs the log-ratios under distorted pictures")
    chosen_B1 = objective.beta * ratios.sums_BA[:, :1]
    return mean_over_negatives(sigmoid, chosen_B1, objective.beta * ratios.distorted_BK, ratios.present_BK)


def anchored_weights(falls_BK2L: Tensor) -> tuple[Tensor, Tensor]:
    """TPO's weights of tokens (arXiv 2412.14487, its a of 0.5) in chosen and in rejected answers, (B, K, L) each.

    With s how far a token's log-probability falls, 0.5 + sigmoid(s) in the chosen answer, 1.5 - sigmoid(s) in the
    rejected one: 1 where the picture says nothing of the token.
    """
    hangs_BK2L = falls_BK2L.sigmoid()
    return 0.5 + hangs_BK2L[:, :, 0], 1.5 - hangs_BK2L[:, :, 1]


def visually_anchored(ratios: LogRatios, objective: Objective) -> Tensor:
    """DPO's loss, with tokens weighted by how much they depend on the picture: TPO's weights (arXiv 2412.14487).

    TPO itself adds the weights' logarithms, of policy and reference each, instead of multiplying: docs/training.md.
    """
    if ratios.tokens_BAL is None or ratios.falls_BK2L is None:
        raise ValueError("TPO needs log-ratios token by token, and those under distorted pictures")
    chosen_BKL, rejected_BKL = anchored_weights(ratios.falls_BK2L)
    chosen_BK = (ratios.tokens_BAL[:, :1] * chosen_BKL).sum(dim=2)
    rejected_BK = (ratios.tokens_BAL[:, 1:] * rejected_BKL).sum(dim=2)
    return mean_over_negatives(sigmoid, objective.beta * chosen_BK, objective.beta * rejected_BK, ratios.present_BK)


LOSSES: Final[Mapping[str, Loss]] = {
    "softmax": _all_at_once(softmax),
    "sum": _all_at_once(summed),
    "sigmoid": _compared(_whole, lambda _: sigmoid),
    "sigmoid_norm": _compared(_a_token, lambda _: sigmoid),
    "hinge": _compared(_whole, lambda _: hinge),
    "ipo": _compared(_a_token, lambda objective: partial(ipo, beta=objective.beta)),
    "robust": _compared(_whole, lambda objective: partial(robust, flipped=objective.label_smoothing or 0.0)),
    "bco_pair": _compared(_whole, lambda _: bco_pair),
    "apo_zero": _compared(_whole, lambda _: apo_zero),
    "apo_down": _compared(_whole, lambda _: apo_down),
    "ld": length_desensitised,
    "copo": conditional,
    "tpo": visually_anchored,
    "ancpo": lambda ratios, objective: anchored(objective.beta * ratios.sums_BA[:, 0]),
}
"""By the names that `--loss` takes, but for `sft`, which compares nothing."""
