"""Log-probabilities of answers, with the output head on answer tokens alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from burnish.train.encode import BOOKKEEPING, Batch


def answer_logps(model: nn.Module, batch: Batch) -> Tensor:
    """The summed log-probability (nats, float32) of each sequence's answer, of shape (S,).

    Logits are computed only where an answer's token is predicted, never for pictures or prompts.
    """
    answer_mask_ST = batch["answer_mask_ST"]
    # the token at T is predicted at T - 1; no sequence begins with its answer, so nothing wraps around
    predicts_ST = answer_mask_ST.roll(-1, dims=1)
    inputs = {name: tensor for name, tensor in batch.items() if name not in BOOKKEEPING}
    logits_NV = model(**inputs, logits_to_keep=predicts_ST, use_cache=False).logits.float()
    tokens_N1 = batch["input_ids"][answer_mask_ST].unsqueeze(1)
    logps_N = logits_NV.gather(1, tokens_N1).squeeze(1) - logits_NV.logsumexp(dim=1)
    logps_ST = torch.zeros_like(answer_mask_ST, dtype=logps_N.dtype).masked_scatter(answer_mask_ST, logps_N)
    return logps_ST.sum(dim=1)
