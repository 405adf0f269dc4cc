"""Log-probabilities of answers, with the output head on answer tokens alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from burnish.models.output_head import predicting
from burnish.train.encode import by_example
from burnish.train.masks import tree_masks
from burnish.train.positions import tree_positions
from burnish.train.sequences import BOOKKEEPING, Batch


def answer_logps(model: nn.Module, batch: Batch) -> Tensor:
    """The summed log-probability (nats, float32) of each answer, one row an example, (E, A); 0 where there is none."""
    return by_example(token_logps(model, batch), batch)


def token_logps(model: nn.Module, batch: Batch) -> Tensor:
    """The log-probability (nats, float32) of each answer token, (S, T); 0 at all other tokens.

    Logits are computed only where an answer's token is predicted, never for pictures or prompts. Where a sequence
    branches, several answers may begin behind one token: its logits are computed once.

    Axes beside those of `sequences`: N answer tokens, P tokens that predict one or several of them, V words.
    """
    answer_mask_ST = batch["answer_mask_ST"]
    sequence_N, place_N = answer_mask_ST.nonzero(as_tuple=True)
    predictor_N = batch["before_ST"][sequence_N, place_N]
    predicts_ST = torch.zeros_like(answer_mask_ST)
    predicts_ST[sequence_N, predictor_N] = True
    inputs = {name: value for name, value in batch.items() if name not in BOOKKEEPING}
    if "last_ST" in batch:
        network = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
        inputs |= {"attention_mask": tree_masks(network, batch), "position_ids": tree_positions(network, batch)}
    with predicting(model, predicts_ST):
        logits_PV = model(**inputs, use_cache=False).logits.float().flatten(0, -2)
    row_ST = predicts_ST.flatten().cumsum(dim=0).view_as(predicts_ST) - 1
    row_N, tokens_N = row_ST[sequence_N, predictor_N], batch["input_ids"][answer_mask_ST]
    logps_N = logits_PV[row_N, tokens_N] - logits_PV.logsumexp(dim=1)[row_N]
    return torch.zeros_like(answer_mask_ST, dtype=logps_N.dtype).masked_scatter(answer_mask_ST, logps_N)
