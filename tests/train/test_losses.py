"""The losses against numbers worked out by hand, against one another, and at their edges."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from burnish.errors import ConfigError
from burnish.train.loss_terms import LOSS_NAMES, SFT, LossTerm, Objective, parse_terms
from burnish.train.losses import (
    LOSSES,
    LogRatios,
    anchored_weights,
    apo_down,
    apo_zero,
    bco_pair,
    desensitised,
    hinge,
    ipo,
    robust,
    sft,
    sigmoid,
    softmax,
    summed,
)

ALL = pytest.mark.parametrize("name", LOSSES)
LIKE_DPO = pytest.mark.parametrize("name", ["softmax", "sum", "sigmoid"])
AT_ONCE = ("softmax", "sum")
CHOSEN_ALONE = ("copo", "ancpo")
"""Which do not look at what was said instead."""


def objective(name: str, *, beta: float = 0.1) -> Objective:
    numbers = {"robust": {"label_smoothing": 0.1}, "ld": {"ld_alpha": 0.5}}.get(name, {})
    return Objective(terms=(LossTerm(name, 1),), beta=beta, **numbers)


def ratios(*answers: tuple[float, ...], present: int | None = None) -> LogRatios:
    """One pair: the log-ratios of each answer's tokens, the chosen answer's first; -0.5 under distorted pictures, under
    which every token is a third as likely to the reference."""
    longest = max(map(len, answers))
    tokens = torch.tensor([[[*one, *[0.0] * (longest - len(one))] for one in answers]])
    present_BK = torch.arange(len(answers) - 1)[None] < (len(answers) - 1 if present is None else present)
    lengths = torch.tensor([[len(one) for one in answers]])
    falls = torch.full((*present_BK.shape, 2, longest), math.log(3))
    return LogRatios(tokens.sum(dim=2), lengths, present_BK, tokens, torch.full(present_BK.shape, -0.5), falls)


def value(name: str, *answers: tuple[float, ...], beta: float = 0.1) -> float:
    return LOSSES[name](ratios(*answers), objective(name, beta=beta)).item()


def test_every_name_has_its_loss() -> None:
    assert {*LOSSES, SFT} == {*LOSS_NAMES}


# Two answers: sums of log-ratios are 2 - 1 + 1.5 = 2.5 nats over 3 tokens and -1 - 0.5 = -1.5 nats over 2 tokens.
CHOSEN, REJECTED = (2.0, -1.0, 1.5), (-1.0, -0.5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # rewards 0.25 and -0.15, m = 0.4: log(1 + exp(-0.4)) = log(1.670320) = 0.513015
        ("softmax", 0.513015),
        ("sum", 0.513015),
        ("sigmoid", 0.513015),
        # 2.5 / 3 = 0.833333, -1.5 / 2 = -0.75: m = 0.158333; log(1 + exp(-0.158333)) = log(1.853565) = 0.617111
        ("sigmoid_norm", 0.617111),
        # 1 - 0.4
        ("hinge", 0.6),
        # (1.583333 - 1 / 0.2)^2 = 3.416667^2
        ("ipo", 11.673611),
        # (0.9 * 0.513015 - 0.1 * 0.913015) / 0.8, for -log sigmoid(-m) = -log sigmoid(m) + m
        ("robust", 0.463015),
        # log(1 + exp(-0.25)) + log(1 + exp(-0.15)) = 0.575939 + 0.620957
        ("bco_pair", 1.196896),
        # 1 - 0.562177 + 0.462570
        ("apo_zero", 0.900394),
        # 0.562177 + 1 - 0.598688
        ("apo_down", 0.963489),
        # the chosen answer's rewards on the picture and on the distorted one, 0.25 and -0.05: log(1 + exp(-0.3))
        ("copo", 0.554355),
        # log(1 + exp(-0.25))
        ("ancpo", 0.575939),
        # each token falls by log 3, sigmoid(log 3) = 0.75: 1.25 * 2.5 = 3.125 and 0.75 * -1.5 = -1.125; m = 0.425
        ("tpo", 0.503057),
        # two tokens count in full, the third by half: 2 - 1 + 0.75 = 1.75; m = 0.325: log(1.722527) = 0.543793
        ("ld", 0.543793),
    ],
)
def test_two_answers_by_hand(name: str, expected: float) -> None:
    assert value(name, CHOSEN, REJECTED) == pytest.approx(expected, abs=2e-6)


@LIKE_DPO
def test_an_untrained_policy_has_the_loss_of_a_coin(name: str) -> None:
    # all rewards 0: -log(1/2) = 0.693147
    assert value(name, (0.0,), (0.0,)) == pytest.approx(0.693147, abs=1e-6)


@LIKE_DPO
def test_one_negative_gives_the_loss_of_equation_7(name: str) -> None:
    # r_c - r_r = 0.5 - (-0.3) = 0.8; log(1 + exp(-0.8)) = log(1.449329) = 0.371101
    assert value(name, (5.0,), (-3.0,)) == pytest.approx(0.371101, abs=1e-6)


def test_softmax_with_two_negatives() -> None:
    # log(1 + exp(-0.3 - 0.5) + exp(0.1 - 0.5)) = log(1 + 0.449329 + 0.670320) = log(2.119649) = 0.751250
    assert value("softmax", (5.0,), (-3.0,), (1.0,)) == pytest.approx(0.751250, abs=1e-6)


def test_sum_with_two_negatives() -> None:
    # 0.5 - (-0.3 + 0.1) = 0.7; log(1 + exp(-0.7)) = log(1.496585) = 0.403186
    assert value("sum", (5.0,), (-3.0,), (1.0,)) == pytest.approx(0.403186, abs=1e-6)


def test_sigmoid_with_two_negatives() -> None:
    # log(1 + exp(-0.8)) = 0.371101 and log(1 + exp(-0.4)) = 0.513015; their mean
    assert value("sigmoid", (5.0,), (-3.0,), (1.0,)) == pytest.approx(0.442058, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in (*AT_ONCE, *CHOSEN_ALONE)])
def test_several_negatives_give_the_mean_over_them(name: str) -> None:
    others = [(-1.0, -0.5), (3.0,), (0.5, 0.5, -2.0, 1.0)]
    each = [value(name, CHOSEN, one) for one in others]
    assert value(name, CHOSEN, *others) == pytest.approx(sum(each) / 3, abs=1e-6)
    assert max(each) - min(each) > 1e-2


def test_conditional_preference_is_the_mean_over_distorted_pictures() -> None:
    under = torch.tensor([[-3.0, 1.0]])
    found = LOSSES["copo"](ratios((5.0,), (9.0,), (-9.0,))._replace(distorted_BK=under), objective("copo"))
    # rewards 0.5 against -0.3 and 0.1, as of two rejected answers above
    assert found.item() == pytest.approx(0.442058, abs=1e-6)


def test_tokens_that_the_picture_says_nothing_of_count_once_in_tpo() -> None:
    chosen, rejected = anchored_weights(torch.tensor([[[[0.0, math.log(9)], [0.0, math.log(9)]]]]))
    # sigmoid(log 9) = 0.9
    assert chosen.flatten().tolist() == pytest.approx([1.0, 1.4])
    assert rejected.flatten().tolist() == pytest.approx([1.0, 0.6])


def test_mdpo_is_three_terms() -> None:
    assert parse_terms(["mdpo=0.5", "sft"]) == (
        LossTerm("sigmoid", 0.5), LossTerm("copo", 0.5), LossTerm("ancpo", 0.5), LossTerm("sft", 1)
    )  # fmt: skip
    with pytest.raises(ConfigError, match="--loss sigmoid is given twice"):
        parse_terms(["mdpo", "sigmoid"])


def test_softmax_of_untrained_policy_is_chance_among_all_answers() -> None:
    assert value("softmax", (0.0,), (0.0,), (0.0,), (0.0,)) == pytest.approx(math.log(4), abs=1e-6)


def test_length_desensitised_sums() -> None:
    tokens = ratios((1.0, 2.0, 4.0), (10.0,), (1.0, 1.0, 1.0, 8.0)).tokens_BAL
    chosen, rejected = desensitised(tokens, torch.tensor([[3, 1, 4]]), alpha=0.25)
    # against one token: 1 + (2 + 4) / 4; against four: all three. The rejected ones: 10; 3 + 8 / 4.
    assert chosen.tolist() == [[2.5, 7.0]]
    assert rejected.tolist() == [[10.0, 5.0]]


def test_alpha_of_1_is_dpo_and_of_0_leaves_the_surplus_out() -> None:
    def at(alpha: float) -> float:
        settings = Objective(terms=(LossTerm("ld", 1),), ld_alpha=alpha)
        return LOSSES["ld"](ratios(CHOSEN, REJECTED), settings).item()

    assert at(1) == pytest.approx(value("sigmoid", CHOSEN, REJECTED), abs=1e-6)
    assert at(0) == pytest.approx(value("sigmoid", CHOSEN[:2], REJECTED), abs=1e-6)


def test_no_flipped_preference_is_dpo() -> None:
    chosen, rejected = torch.tensor(0.3), torch.tensor(-0.2)
    assert robust(chosen, rejected, flipped=0.0).item() == pytest.approx(sigmoid(chosen, rejected).item())


def test_robust_is_free_of_the_bias_of_flipped_preferences() -> None:
    """Its mean over right and flipped pairs is DPO's loss of right ones alone (its paper's lemma)."""
    chosen, rejected, flipped = torch.tensor(0.7), torch.tensor(-0.4), 0.3
    mean = (1 - flipped) * robust(chosen, rejected, flipped=flipped) + flipped * robust(
        rejected, chosen, flipped=flipped
    )
    assert mean.item() == pytest.approx(sigmoid(chosen, rejected).item(), abs=1e-6)


def test_sft_is_the_chosen_answers_negative_log_probability() -> None:
    assert sft(torch.tensor([[-3.0, -9.0], [-1.5, -0.5]])).tolist() == [3.0, 1.5]


def test_edges_of_losses_that_level_off() -> None:
    far, near = torch.tensor(50.0), torch.tensor(0.0)
    assert hinge(far, near).item() == 0
    assert apo_zero(far, -far).item() == pytest.approx(0, abs=1e-6)
    assert apo_down(-far, -3 * far).item() == pytest.approx(0, abs=1e-6)
    assert bco_pair(far, -far).item() == pytest.approx(0, abs=1e-6)
    # where h = 1 / (2 beta), so r_c - r_r = 1 / 2
    assert ipo(torch.tensor(0.5), near, beta=0.25).item() == pytest.approx(0, abs=1e-6)


def two_pairs(rubbish: float) -> tuple[LogRatios, Tensor]:
    """The first pair has one negative, the second two; where the first has none stands what is given."""
    sums = torch.tensor([[5.0, -3.0, rubbish], [2.0, 1.0, 4.0]], requires_grad=True)
    lengths = torch.tensor([[2, 3, 0], [1, 2, 2]])
    tokens = torch.stack([sums / 2, sums / 2, torch.zeros_like(sums)], dim=2)
    present = torch.tensor([[True, False], [True, True]])
    return LogRatios(sums, lengths, present, tokens, sums[:, 1:], torch.zeros(2, 2, 2, 3)), sums


@ALL
@pytest.mark.parametrize("rubbish", [1e4, math.nan, math.inf])
def test_a_missing_negative_has_no_influence(name: str, rubbish: float) -> None:
    found, sums = two_pairs(rubbish)
    clean, _ = two_pairs(0.0)
    losses_B = LOSSES[name](found, objective(name))
    torch.testing.assert_close(losses_B, LOSSES[name](clean, objective(name)))
    assert torch.isfinite(losses_B).all()
    losses_B.sum().backward()
    assert sums.grad is not None and torch.isfinite(sums.grad).all()
    assert sums.grad[0, 2] == 0


@LIKE_DPO
@pytest.mark.parametrize(("chosen", "rejected", "expected"), [(-500.0, 500.0, 1000.0), (500.0, -500.0, 0.0)])
def test_large_rewards_stay_finite(name: str, chosen: float, rejected: float, expected: float) -> None:
    sums = torch.tensor([[chosen, rejected]], requires_grad=True)
    found = LOSSES[name](LogRatios(sums, torch.ones(1, 2), torch.ones(1, 1, dtype=torch.bool)), objective(name, beta=1))
    found.sum().backward()
    assert found.item() == pytest.approx(expected)
    # d(-log sigmoid(m))/dm = -sigmoid(-m): -1 for a hopeless margin, 0 for a won one
    assert sums.grad is not None and sums.grad[0, 0].item() == pytest.approx(-1.0 if expected else 0.0)


def test_gradient_of_the_chosen_reward() -> None:
    # -sigmoid(-0.8) = -1 / (1 + 2.225541) = -0.310026
    for loss in (softmax, summed):
        chosen_B = torch.tensor([0.5], requires_grad=True)
        loss(chosen_B, torch.tensor([[-0.3]]), torch.ones(1, 1, dtype=torch.bool)).sum().backward()
        assert chosen_B.grad is not None and chosen_B.grad.item() == pytest.approx(-0.310026, abs=1e-6)


def test_terms_are_names_with_weights() -> None:
    assert parse_terms(()) == (LossTerm("softmax", 1),)
    assert parse_terms(("sigmoid=0.8", "sft=0.20")) == (LossTerm("sigmoid", 0.8), LossTerm("sft", 0.2))
    assert [term.spec for term in parse_terms(("sigmoid=1", "sft=0.20"))] == ["sigmoid", "sft=0.2"]


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["dpo"], "--loss dpo names no loss: choose from softmax, sum, sigmoid, "),
        (["sft=0"], "--loss sft=0 must have a weight above 0, such as sft=0.5"),
        (["sft=-1"], "--loss sft=-1 must have a weight above 0"),
        (["sft=much"], "--loss sft=much must have a weight above 0"),
        (["sft="], "--loss sft= must have a weight above 0"),
        (["sft=inf"], "--loss sft=inf must have a weight above 0"),
        (["sft=nan"], "--loss sft=nan must have a weight above 0"),
        (["sft", "sigmoid", "sft=0.5"], "--loss sft is given twice"),
    ],
)
def test_terms_that_mean_nothing_are_refused(specs: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_terms(specs)
