"""Supervised fine-tuning on ground truths: what the paper's table 3 compares SeVa with ("continual SFT")."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from burnish.train.logps import token_logps
from burnish.train.sequences import Batch
from burnish.train.trainer import AnswerTrainer


@final
class SFTTrainer(AnswerTrainer):
    """Trains the adapter to give each ground truth: the mean loss over the tokens of answers and their end tokens."""

    def items(self, batch: Batch) -> tuple[int]:
        """Answer tokens, end tokens among them."""
        return (int(batch["answer_mask_ST"].sum()),)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,  # noqa: ARG002 - Trainer's signature; there is no evaluation that asks for it
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The negative log-probability (nats) of the answers, a token."""
        return self.mean_over_step(-token_logps(model, self.look(model, inputs)).sum(), num_items_in_batch)
