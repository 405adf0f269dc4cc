"""From trees of tokens to the rows of a batch: each branch apart or, for a model that can read them, whole trees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, final

import torch
from torch import nn
from transformers import PreTrainedModel

from burnish.models.encoding import Encoding
from burnish.train.packing import CAUSAL, WHOLE, fewest_operations
from burnish.train.sequences import Batch, join, join_trees, sequence
from burnish.train.shared_prefix import FLEX, SLICED, attention_kinds, attention_width, why_unbranched
from burnish.train.token_tree import Tree, is_branched, paths

Pictured: TypeAlias = tuple[Encoding, Tree]
"""A tree with the picture of its first node, as processed."""

_BACKWARD: Final = 1.75
"""A pass forwards and backwards, in passes forwards of its own kind: attention's over the matrices'. Backwards frozen
matrices are multiplied once, with gradients alone; attention has five products for two, one of them made again."""

_WIDE: Final = 2**20
"""Weights of a layer from which a tree's nodes in a row of its own cost less than the padding that they save."""


class Reading(Protocol):
    """A way to read trees."""

    def __call__(self, trees: Sequence[Pictured], pad_token_id: int) -> Batch:
        """The trees as a batch, in which `tree_ST` is the number of a tree in this order."""
        ...


@final
@dataclass(frozen=True)
class Apart:
    """Every branch is a row of its own, with the picture again: as any model reads it."""

    def __call__(self, trees: Sequence[Pictured], pad_token_id: int) -> Batch:
        """A row a branch, with an ordinary mask."""
        ways = [(number, processed, way) for number, (processed, tree) in enumerate(trees) for way in paths(tree)]
        return join([[sequence(*way)] for way in ways], pad_token_id)


APART: Final = Apart()


@final
@dataclass(frozen=True)
class TreeLayout:
    """A tree is read once, and trees share rows where that computes less."""

    even_length: float
    """As in `rows.fewest_operations`."""

    def __call__(self, trees: Sequence[Pictured], pad_token_id: int) -> Batch:
        """Rows with a mask of their own; where no tree branches and none shares its row, with no mask at all."""
        sequences = [sequence(number, processed, tree) for number, (processed, tree) in enumerate(trees)]
        branched = any(is_branched(one.layout) for one in sequences)
        lengths = [len(one.encoding) for one in sequences]
        rows = fewest_operations(lengths, self.even_length, compared_alone=WHOLE if branched else CAUSAL)
        batch = join_trees([[sequences[number] for number in row] for row in rows], pad_token_id)
        if branched or len(rows) < len(sequences):
            return batch
        # behind the tokens that count stands padding alone, which they do not see anyway
        return {name: value for name, value in batch.items() if name not in ("last_ST", "position_ids", "chain")}


def reading(model: PreTrainedModel) -> Reading:
    """The way that computes least of those by which the model can read trees."""
    return APART if why_unbranched(model) else TreeLayout(even_length(model))


def even_length(model: PreTrainedModel) -> float:
    """Length of a row, in tokens, at which a training step spends on attention what it spends on all matrices.

    Counted in multiplications of the language model, the output head left out; endless where attention leaves out
    what is not seen.
    """
    config: Any = model.config.get_text_config()
    if config._attn_implementation == FLEX:
        return math.inf
    linear = (module for module in model.get_decoder().modules() if isinstance(module, nn.Linear))
    matrices = sum(module.in_features * module.out_features for module in linear)
    if matrices >= _WIDE * config.num_hidden_layers and _attends_by_nodes(model):
        return math.inf
    return float(matrices / (2 * config.num_hidden_layers * attention_width(config) * _BACKWARD))


def _attends_by_nodes(model: PreTrainedModel) -> bool:
    """Whether all layers of the model will do so, whatever the batch (`masks`): only on a CPU."""
    if torch.accelerator.is_available():
        return False
    return all(seen.window is None and seen.together in SLICED for seen in attention_kinds(model).values())
