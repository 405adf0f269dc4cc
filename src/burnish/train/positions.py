"""Positions of a row's tokens for models that place pictures in several axes (Qwen-VL, GLM-V).

What stands before and in a picture has the positions that the model itself gives to it; from there on, text counts on
along each branch in all axes alike.

Axes: E trees, C tokens of a chain, A axes.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from burnish.train.sequences import Batch
from burnish.train.shared_prefix import own_positions


class _Chain(NamedTuple):
    """A tree's beginning up to where it first branches off: its picture stands there."""

    row: int
    places: slice


def tree_positions(network: PreTrainedModel, batch: Batch) -> Tensor:
    """What the model takes for `position_ids`: (S, T) as they are in the batch, or (A, S, T)."""
    counted_ST: Tensor = batch["position_ids"]
    index = own_positions(network)
    return counted_ST if index is None else _in_axes(index, batch)


def _in_axes(index: Any, batch: Batch) -> Tensor:
    chains = _chains(batch)
    position_AEC = _own_positions(index, batch, chains)
    position_ST: Tensor = batch["position_ids"] + _shifts(position_AEC, batch, chains)
    position_ASC = position_ST.repeat(len(position_AEC), 1, 1)
    for number, (row, places) in enumerate(chains):
        position_ASC[:, row, places] = position_AEC[:, number, : _length(places)]
    return position_ASC


def _chains(batch: Batch) -> list[_Chain]:
    """In the order in which their tokens stand, row by row, which is that of the pictures."""
    before_ST, last_ST = batch["before_ST"].cpu(), batch["last_ST"].cpu()
    place_T = torch.arange(before_ST.shape[1])
    ends = [[*(before_T != place_T - 1).nonzero()[:, 0].tolist(), len(place_T)] for before_T in before_ST]
    # padding follows nothing either, but nothing sees it
    begins = ((before_ST < 0) & (last_ST > place_T)).nonzero().tolist()
    return [_Chain(row, slice(begin, next(end for end in ends[row] if end > begin))) for row, begin in begins]


def _own_positions(index: Any, batch: Batch, chains: Sequence[_Chain]) -> Tensor:
    """The model's own, (A, E, C), of the chains as sequences of their own."""

    def apart(values_ST: Tensor) -> Tensor:
        return pad_sequence([values_ST[row, places] for row, places in chains], batch_first=True)

    given = {name: batch[name] for name in inspect.signature(index).parameters if name in batch}
    given |= {name: apart(batch[name]) for name in ("input_ids", "mm_token_type_ids") if name in given}
    positions_AEC: Tensor = index(**given, attention_mask=apart(torch.ones_like(batch["input_ids"])))[0]
    return positions_AEC


def _shifts(position_AEC: Tensor, batch: Batch, chains: Sequence[_Chain]) -> Tensor:
    """What a text token's position behind a picture has over the number of tokens before it, (S, T)."""
    ends = [_length(places) - 1 for _, places in chains]
    trees = [int(batch["tree_ST"][row, places.start]) for row, places in chains]
    shift_E = position_AEC.new_zeros(len(chains))
    # chains end in an answer: in text, where all axes agree
    shift_E[trees] = torch.stack([position_AEC[0, number, end] - end for number, end in enumerate(ends)])
    return shift_E[batch["tree_ST"]]


def _length(places: slice) -> int:
    length: int = places.stop - places.start
    return length
