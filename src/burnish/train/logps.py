"""Log-probabilities of answers, with the output head on answer tokens alone."""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import WeakSet

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from burnish.models.output_head import hidden_states, output_head, predicting
from burnish.train.answer_head import frozen_rows, logps_in_blocks
from burnish.train.encode import by_example
from burnish.train.last_layer import last_layer_at
from burnish.train.masks import tree_masks
from burnish.train.pictures import is_shared_out
from burnish.train.positions import tree_positions
from burnish.train.sequences import BOOKKEEPING, Batch

_DO_MORE: WeakSet[nn.Module] = WeakSet()
"""Models that have been seen to do something with their logits: scale them, bound them."""


class Predicted(NamedTuple):
    """Which tokens of a batch predict which answer tokens.

    Where a sequence branches, several answers may begin behind one token. Axes beside those of `sequences`: N answer
    tokens, P tokens that predict one or several of them, both row by row.
    """

    predicts_ST: Tensor
    """Whether a token is one of the P."""
    predictor_N: Tensor
    """Its number among them."""
    token_N: Tensor
    """The answer tokens themselves."""


def answer_logps(model: nn.Module, batch: Batch) -> Tensor:
    """The summed log-probability (nats, float32) of each answer, one row an example, (E, A); 0 where there is none."""
    return by_example(token_logps(model, batch), batch)


def token_logps(model: nn.Module, batch: Batch) -> Tensor:
    """The log-probability (nats, float32) of each answer token, (S, T); 0 at all other tokens.

    Logits are computed only where an answer's token is predicted, never for pictures or prompts, and once where several
    begin behind one token.
    """
    predicted = predictions(batch)
    inputs = _inputs(model, batch)
    logps_N = _in_blocks(model, inputs, predicted)
    if logps_N is None:
        logps_N = _from_logits(model, inputs, predicted)
    answer_mask_ST = batch["answer_mask_ST"]
    return torch.zeros_like(answer_mask_ST, dtype=logps_N.dtype).masked_scatter(answer_mask_ST, logps_N)


def predictions(batch: Batch) -> Predicted:
    """What predicts the batch's answer tokens."""
    answer_mask_ST = batch["answer_mask_ST"]
    sequence_N, place_N = answer_mask_ST.nonzero(as_tuple=True)
    before_N = batch["before_ST"][sequence_N, place_N]
    predicts_ST = torch.zeros_like(answer_mask_ST)
    predicts_ST[sequence_N, before_N] = True
    number_ST = predicts_ST.flatten().cumsum(dim=0).view_as(predicts_ST) - 1
    return Predicted(predicts_ST, number_ST[sequence_N, before_N], batch["input_ids"][answer_mask_ST])


def _inputs(model: nn.Module, batch: Batch) -> dict[str, Any]:
    """What the model's forward pass takes."""
    inputs = {name: value for name, value in batch.items() if name not in BOOKKEEPING}
    if "last_ST" in batch:
        network = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
        inputs |= {"attention_mask": tree_masks(network, batch), "position_ids": tree_positions(network, batch)}
    return {**inputs, "use_cache": False}


def _in_blocks(model: nn.Module, inputs: dict[str, Any], predicted: Predicted) -> Tensor | None:
    """None for a model whose logits are more than its head's matrix times its hidden states, or not all here."""
    weight_VD = frozen_rows(output_head(model))
    if weight_VD is None or model in _DO_MORE or is_shared_out(model):
        return None
    places_ST = predicted.predicts_ST
    with last_layer_at(model, places_ST), hidden_states(model, places_ST) as seen:
        logits: Tensor = model(**inputs).logits
    if seen.hidden_PD is None or not _same(logits, seen.logits):
        _DO_MORE.add(model)
        return None
    return logps_in_blocks(seen.hidden_PD, weight_VD, predicted.predictor_N, predicted.token_N)


def _same(one: Tensor, other: Tensor | None) -> bool:
    """Whether both are the same to the bit, numbers or none."""
    return other is not None and torch.equal(one.float().nan_to_num(), other.float().nan_to_num())


def answer_distributions(model: nn.Module, batch: Batch) -> Tensor:
    """Log-probabilities (nats, float32) of all words at each answer token, (N, V), in the order of the answer mask.

    With 150,000 words a token takes 600 KB, and its gradient as much again: for few examples in a pass.
    """
    predicted = predictions(batch)
    with last_layer_at(model, predicted.predicts_ST), predicting(model, predicted.predicts_ST):
        logits_PV: Tensor = model(**_inputs(model, batch)).logits.float().flatten(0, -2)
    return logits_PV.log_softmax(dim=1)[predicted.predictor_N]


def _from_logits(model: nn.Module, inputs: dict[str, Any], predicted: Predicted) -> Tensor:
    with last_layer_at(model, predicted.predicts_ST), predicting(model, predicted.predicts_ST):
        logits_PV: Tensor = model(**inputs).logits.float().flatten(0, -2)
    logp_N = logits_PV[predicted.predictor_N, predicted.token_N]
    return logp_N - logits_PV.logsumexp(dim=1)[predicted.predictor_N]
