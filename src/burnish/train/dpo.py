"""Direct preference optimisation on a run of pairs (SeVa, sections 3.1 and 4.1, and appendix A for many negatives).

Differences from TRL's DPOTrainer 1.16, which computes the same loss and gradients on the same tokens: answers keep
the tokens they were generated with, where TRL writes them with the chat template and so has no end token where the
template has none (LLaVA-1.5); a pair may have many negatives; and a step's loss is the mean over its pairs however
they fall into forward passes, where TRL averages each pass first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, final

import torch
from peft import PeftModel
from torch import Tensor, nn

from burnish.train.logps import answer_logps
from burnish.train.losses import LOSSES, rewards
from burnish.train.references import StoredReferences
from burnish.train.sequences import Batch
from burnish.train.trainer import AnswerTrainer


@final
class DPOTrainer(AnswerTrainer):
    """Trains the adapter to prefer each pair's chosen answer; the model without its adapter is the reference."""

    def __init__(self, *, beta: float, loss: str, stored: StoredReferences | None = None, **parts: Any) -> None:
        """`stored` says that batches bring reference log-probabilities; without it they are computed."""
        super().__init__(**parts)
        self._beta, self._loss, self._stored = beta, LOSSES[loss], stored
        self._sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self.args.device))

    def items(self, batch: Batch) -> int:
        """Pairs."""
        return len(batch["present_EA"])

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,  # noqa: ARG002 - Trainer's signature; there is no evaluation that asks for it
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Log-probabilities under reference and policy, then rewards (equation 6), then the loss (7, 16 or 18)."""
        inputs = self.look(model, inputs)
        reference_EA = self._reference(model, inputs)
        policy_EA = answer_logps(model, inputs)
        rewards_EA = rewards(policy_EA, reference_EA, beta=self._beta)
        chosen_B, rejected_BK, present_BK = rewards_EA[:, 0], rewards_EA[:, 1:], inputs["present_EA"][:, 1:]
        losses_B = self._loss(chosen_B, rejected_BK, present_BK)
        self._measure(rewards_EA.detach(), policy_EA.detach(), inputs["present_EA"])
        return self.mean_over_step(losses_B.sum(), num_items_in_batch)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the averages since the last log, over all pairs of all processes, under TRL's names."""
        if self._sums:
            sums = {name: self.accelerator.reduce(value, "sum") for name, value in self._sums.items()}
            pairs = sums.pop("pairs")
            logs |= {name: (value / pairs).item() for name, value in sums.items()}
            self._sums.clear()
        super().log(logs, start_time)

    @torch.no_grad()
    def _reference(self, model: nn.Module, inputs: Batch) -> Tensor:
        """Log-probabilities under the model without its adapter, (E, A)."""
        if self._stored is not None and self._stored.trusted:
            stored_EA: Tensor = inputs["reference_EA"]
            return stored_EA
        adapted: PeftModel = self.accelerator.unwrap_model(model)
        with adapted.disable_adapter():
            computed_EA = answer_logps(model, inputs)
        if self._stored is not None:
            self._stored.compare(inputs, computed_EA)
        return computed_EA

    @torch.no_grad()
    def _measure(self, rewards_BA: Tensor, logps_BA: Tensor, present_BA: Tensor) -> None:
        """Every pair counts once: what is said of the rejected answers is first averaged over a pair's negatives."""
        present_BK = present_BA[:, 1:]

        def over_negatives(values_BK: Tensor) -> Tensor:
            return (values_BK * present_BK).sum(dim=1) / present_BK.sum(dim=1)

        chosen_B, rejected_BK = rewards_BA[:, 0], rewards_BA[:, 1:]
        measured = {
            "rewards/chosen": chosen_B,
            "rewards/rejected": over_negatives(rejected_BK),
            "rewards/accuracies": over_negatives((chosen_B[:, None] > rejected_BK).float()),
            "rewards/margins": over_negatives(chosen_B[:, None] - rejected_BK),
            "logps/chosen": logps_BA[:, 0],
            "logps/rejected": over_negatives(logps_BA[:, 1:]),
            "pairs": torch.ones_like(chosen_B),
        }
        for name, values_B in measured.items():
            self._sums[name] += values_B.sum()
