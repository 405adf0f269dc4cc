"""Preference training on a run of pairs (SeVa, sections 3.1 and 4.1, and appendix A for many negatives).

Differences from TRL's DPOTrainer 1.16, which computes the same losses and gradients on the same tokens: answers keep
the tokens they were generated with, where TRL writes them with the chat template and so has no end token where the
template has none (LLaVA-1.5); a pair may have many negatives; and a step's loss is the mean over its pairs (over their
chosen answers' tokens for `sft`) however they fall into forward passes, where TRL averages each pass first.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from burnish.train.averages import Averages
from burnish.train.encode import by_example, token_by_token
from burnish.train.held_out import HeldOut
from burnish.train.logps import token_logps
from burnish.train.loss_terms import SFT, Objective
from burnish.train.losses import LOSSES, LogRatios, sft
from burnish.train.references import StoredReferences
from burnish.train.sequences import Batch
from burnish.train.start_weights import StartWeights, as_before
from burnish.train.trainer import AnswerTrainer

PAIRS, CHOSEN_TOKENS = 0, 1
"""The kinds of items that losses are means over."""


class _Reference(NamedTuple):
    """Log-probabilities (nats) under the model as it was before the training."""

    sums_EA: Tensor
    tokens_ST: Tensor | None
    """None where the sums were stored."""


@final
class DPOTrainer(AnswerTrainer):
    """Trains the adapter to prefer each pair's chosen answer; the model as it was before is the reference."""

    def __init__(
        self,
        *,
        objective: Objective,
        stored: StoredReferences | None = None,
        start: StartWeights | None = None,
        held_out: HeldOut | None = None,
        **parts: Any,
    ) -> None:
        """`stored` says that batches bring reference log-probabilities; without it they are computed.

        `start`: of an adapter that is gone on from, or of a model that is trained whole; without it the reference is
        the model without its adapter. `held_out`: pairs that the training is watched by.
        """
        super().__init__(**parts)
        self._objective, self._stored, self._start, self._held_out = objective, stored, start, held_out
        self._references_held_out: list[Tensor] = []
        """Of each batch of held-out pairs, (E, A): the reference does not change."""
        self._averages = Averages(self.args.device, kinds=2)

    def items(self, batch: Batch) -> tuple[int, int]:
        """Pairs, and tokens of their chosen answers."""
        return int(batch["examples"]), _chosen_tokens(batch)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,  # noqa: ARG002 - Trainer's signature; there is no evaluation that asks for it
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Log-probabilities under reference and policy, their ratios, then the weighted sum of the losses."""
        inputs = self.look(model, inputs)
        reference = self._reference(model, inputs)
        policy_ST = token_logps(model, inputs)
        policy_EA, pairs = by_example(policy_ST, inputs), int(inputs["examples"])
        ratios_EA, present_BK = policy_EA - reference.sums_EA, inputs["present_EA"][:pairs, 1:]
        policy_BA = policy_EA[:pairs]
        ratios = LogRatios(
            sums_BA=ratios_EA[:pairs],
            lengths_BA=by_example(inputs["answer_mask_ST"].long(), inputs)[:pairs],
            present_BK=present_BK,
            tokens_BAL=self._ratios_of_tokens(policy_ST, reference, inputs),
            distorted_BK=self._under_distorted(ratios_EA[pairs:, 0], present_BK),
            falls_BK2L=self._falls(reference, inputs, present_BK),
        )
        total = policy_BA.new_zeros(())
        for name, weight in self._objective.terms:
            losses_B = sft(policy_BA) if name == SFT else LOSSES[name](ratios, self._objective)
            kind = CHOSEN_TOKENS if name == SFT else PAIRS
            total = total + weight * self.mean_over_step(losses_B.sum(), num_items_in_batch, kind)
            if len(self._objective.terms) > 1:
                self._averages.add(f"loss/{name}", losses_B.detach(), kind)
        self._measure(self._objective.beta * ratios.sums_BA.detach(), policy_BA.detach(), inputs)
        return total

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the averages since the last log, over all pairs of all processes, under TRL's names."""
        logs |= self._averages.take(self.accelerator.reduce)
        steps = self.state.global_step, self.state.max_steps
        if self._held_out is not None and "learning_rate" in logs and self._held_out.due(*steps):
            logs |= self._watch(self._held_out)
        super().log(logs, start_time)

    @torch.no_grad()
    def _reference(self, model: nn.Module, inputs: Batch) -> _Reference:
        """Stored values from the first step on, so that a training that was killed ends as it would have otherwise."""
        stored = self._stored
        if stored is not None and stored.trusted:
            return _Reference(inputs["reference_EA"], None)
        tokens_ST = self._computed(model, inputs)
        computed_EA = by_example(tokens_ST, inputs)
        if stored is not None and stored.agree(inputs, computed_EA):
            return _Reference(inputs["reference_EA"], None)
        return _Reference(computed_EA, tokens_ST)

    @torch.no_grad()
    def _computed(self, model: nn.Module, inputs: Batch) -> Tensor:
        """Log-probabilities token by token under the model as it was before the training."""
        with as_before(self.accelerator.unwrap_model(model), self._start):
            return token_logps(model, inputs)

    @torch.no_grad()
    def _watch(self, held_out: HeldOut) -> dict[str, float]:
        """Margin and accuracy over all held-out pairs, which every process looks at whole."""
        model, sums, pairs = self.model_wrapped, defaultdict[str, float](float), 0
        training = model.training
        model.eval()
        for number, batch in enumerate(held_out.batches(Path(str(self.args.output_dir)))):
            inputs = self.look(model, self._prepare_inputs(batch))
            if number == len(self._references_held_out):
                self._references_held_out.append(by_example(self._computed(model, inputs), inputs))
            ratios_EA = by_example(token_logps(model, inputs), inputs) - self._references_held_out[number]
            measured = _preferred(self._objective.beta * ratios_EA, inputs["present_EA"][:, 1:])
            pairs += len(ratios_EA)
            for name, values_B in measured.items():
                sums[f"eval_{name}"] += float(values_B.sum())
        model.train(training)
        return {name: value / pairs for name, value in sums.items()}

    def _ratios_of_tokens(self, policy_ST: Tensor, reference: _Reference, inputs: Batch) -> Tensor | None:
        if not self._objective.needs_token_logps:
            return None
        if reference.tokens_ST is None:
            raise ValueError("Log-probabilities of tokens were never stored: give no `stored` for this objective.")
        return token_by_token(policy_ST - reference.tokens_ST, inputs)[: int(inputs["examples"])]

    def _under_distorted(self, ratios_D: Tensor, present_BK: Tensor) -> Tensor | None:
        """Those of chosen answers under distorted pictures, which follow one another pair by pair."""
        if not self._objective.sees_distorted:
            return None
        return ratios_D.new_zeros(present_BK.shape).masked_scatter(present_BK, ratios_D)

    def _falls(self, reference: _Reference, inputs: Batch, present_BK: Tensor) -> Tensor | None:
        """Of the reference's log-probabilities, token by token, from each picture to each distorted one."""
        if not self._objective.needs_picture_logps or reference.tokens_ST is None:
            return None
        pairs = len(present_BK)
        tokens_EAL = token_by_token(reference.tokens_ST, inputs)
        pair_D, negative_D = present_BK.nonzero(as_tuple=True)
        clean_D2L = torch.stack([tokens_EAL[pair_D, 0], tokens_EAL[pair_D, 1 + negative_D]], dim=1)
        falls_BK2L = tokens_EAL.new_zeros(*present_BK.shape, 2, tokens_EAL.shape[2])
        falls_BK2L[pair_D, negative_D] = clean_D2L - tokens_EAL[pairs:, :2]
        return falls_BK2L

    @torch.no_grad()
    def _measure(self, rewards_BA: Tensor, logps_BA: Tensor, inputs: Batch) -> None:
        """Every pair counts once: what is said of the rejected answers is first averaged over a pair's negatives."""
        present_BK: Tensor = inputs["present_EA"][: int(inputs["examples"]), 1:]
        measured = {
            "rewards/chosen": rewards_BA[:, 0],
            "rewards/rejected": _over_negatives(rewards_BA[:, 1:], present_BK),
            **_preferred(rewards_BA, present_BK),
            "logps/chosen": logps_BA[:, 0],
            "logps/rejected": _over_negatives(logps_BA[:, 1:], present_BK),
        }
        for name, values_B in measured.items():
            self._averages.add(name, values_B)
        self._averages.count(len(present_BK), PAIRS)
        self._averages.count(_chosen_tokens(inputs), CHOSEN_TOKENS)


def _preferred(rewards_BA: Tensor, present_BK: Tensor) -> dict[str, Tensor]:
    """How far, and how often, chosen answers are rewarded above their rejected ones; one value per pair."""
    chosen_B1, rejected_BK = rewards_BA[:, :1], rewards_BA[:, 1:]
    return {
        "rewards/accuracies": _over_negatives((chosen_B1 > rejected_BK).float(), present_BK),
        "rewards/margins": _over_negatives(chosen_B1 - rejected_BK, present_BK),
    }


def _over_negatives(values_BK: Tensor, present_BK: Tensor) -> Tensor:
    return (values_BK * present_BK).sum(dim=1) / present_BK.sum(dim=1)


def _chosen_tokens(batch: Batch) -> int:
    """Of the pairs' own chosen answers, not of those under distorted pictures."""
    return int(((batch["turn_ST"] == 1) & (batch["tree_ST"] < batch["examples"])).sum())
