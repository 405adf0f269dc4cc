"""The masks by which each token of a row sees itself and its own way back alone.

Trees are laid out depth first, so the tokens that see a token stand together: from its own place to the `last` one
that sees it. A number a token says all; the masks themselves are made where the model is, one for each kind of
attention layer that the model has.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask
from torch.nn.functional import pad
from transformers import PreTrainedModel

from burnish.train.chain_attention import FEWEST, take_short_masks
from burnish.train.node_attention import node_mask
from burnish.train.nodes import Row, joined_from, masked_from, tree_nodes
from burnish.train.sequences import Batch
from burnish.train.shared_prefix import ALL_LAYERS, FLEX, SLICED, Attention, Together, attention_kinds, attention_width
from burnish.train.states import Tree, state_trees

Mask: TypeAlias = Tensor | BlockMask
Rule: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Whether, in a row, a token (the query) sees another (the key): numbers of rows and places that broadcast."""

PLAIN = Attention()


def tree_masks(network: PreTrainedModel, batch: Batch) -> Mask | dict[str, Mask | Tree]:
    """The masks in the form that the model's layers take: one for all layers, or one for each kind of them."""
    config: Any = network.config.get_text_config()
    flex = config._attn_implementation == FLEX
    take_short_masks()
    if flex:
        made: Callable[[Attention], Mask] = partial(block_mask, batch)
    else:
        dropped = network.training and bool(getattr(config, "attention_dropout", 0))
        width = attention_width(config) if batch["last_ST"].device.type == "cpu" and not dropped else None
        made = partial(_sdpa_mask, batch, network.dtype, width)
    masks: dict[str, Mask | Tree] = {kind: made(seen) for kind, seen in attention_kinds(network).items()}
    masks |= state_trees(network, batch)
    return cast(Mask, masks[ALL_LAYERS]) if ALL_LAYERS in masks else masks


def _sdpa_mask(batch: Batch, dtype: torch.dtype, by_nodes: int | None, seen: Attention) -> Tensor:
    """By nodes, if that is possible and wanted for heads that are so wide together."""
    if by_nodes and is_by_nodes(batch, seen):
        return mask_by_nodes(batch, seen, by_nodes, dtype)
    return addend(sees(batch, seen, chain(batch, seen)), dtype)


def is_by_nodes(batch: Batch, seen: Attention) -> bool:
    """Whether slices of keys are all that layers of this kind see: no window cuts them, no pictures look at others."""
    is_whole = seen.window is None or int(batch["position_ids"].max()) < seen.window
    return is_whole and seen.together in SLICED


def mask_by_nodes(batch: Batch, seen: Attention, width: int, dtype: torch.dtype) -> Tensor:
    """The mask that stands for the batch's nodes, for such layers, whose heads are so wide together."""
    before_ST, last_ST = batch["before_ST"], batch["last_ST"]
    group_ST = groups(batch, seen.together) if seen.together else torch.zeros_like(last_ST)
    each = zip(before_ST.tolist(), last_ST.tolist(), group_ST.tolist(), strict=True)
    nodes = tree_nodes([Row(*row) for row in each], batch["chain"])
    if start := masked_from(nodes, last_ST.shape, width):
        mask = addend(sees(batch, seen, start), dtype)
        nodes = joined_from(nodes, start, mask)
    return node_mask(nodes, *last_ST.shape)


def rule(batch: Batch, seen: Attention = PLAIN) -> Rule:
    """What layers of this kind see, from a batch's `last_ST`, `position_ids` and, for tokens together, their kinds."""
    last_ST: Tensor = batch["last_ST"]
    depth_ST: Tensor = batch["position_ids"]
    group_ST = groups(batch, seen.together) if seen.together else None

    def visible(row: Tensor, query: Tensor, key: Tensor) -> Tensor:
        found = (key <= query) & (query <= last_ST[row, key])
        if group_ST is not None:
            found = found | ((group_ST[row, query] == group_ST[row, key]) & (group_ST[row, key] > 0))
        if seen.window is not None:
            found = found & (depth_ST[row, query] - depth_ST[row, key] < seen.window)
        return found

    return visible


def chain(batch: Batch, seen: Attention) -> int:
    """How many tokens at the beginning of all rows see all before them, and nothing else: their mask is left out."""
    length: int = batch["last_ST"].shape[1]
    is_plain = not seen.together and (seen.window is None or seen.window >= length)
    found: int = batch["chain"] if is_plain else 0
    return max(0, min(found, length - FEWEST))


def groups(batch: Batch, together: Together) -> Tensor:
    """For each token a number above 0 that it shares with those that see it and that it sees; 0 for others, (S, T)."""
    types_ST: Tensor | None = batch.get("token_type_ids", batch.get("mm_token_type_ids"))
    if types_ST is None:
        return torch.zeros_like(batch["input_ids"])
    pictured_ST = types_ST > 0
    if together == "a picture":
        begins_ST = pictured_ST & ~pad(pictured_ST, (1, -1))
        return begins_ST.cumsum(dim=1) * pictured_ST
    tree_ST: Tensor = batch["tree_ST"] + 1
    if together == "all pictures":
        return tree_ST * pictured_ST
    # padding has the prompt's type, but nothing behind it sees it
    within_ST: Tensor = batch["last_ST"] > torch.arange(types_ST.shape[1], device=types_ST.device)
    return tree_ST * (~pictured_ST & within_ST)


def sees(batch: Batch, seen: Attention = PLAIN, start: int = 0) -> Tensor:
    """Whether token i, of those from `start` on, sees token j, (S, T - start, T)."""
    rows, length = batch["last_ST"].shape
    place_T = torch.arange(length, device=batch["last_ST"].device)
    row_S = torch.arange(rows, device=batch["last_ST"].device)
    return rule(batch, seen)(row_S[:, None, None], place_T[None, start:, None], place_T[None, None, :])


def addend(sees_STT: Tensor, dtype: torch.dtype) -> Tensor:
    """0 or minus infinity, (S, 1, ...): made of booleans once, not by every layer for its backward pass."""
    return torch.zeros_like(sees_STT, dtype=dtype).masked_fill(~sees_STT, -torch.inf)[:, None]


def block_mask(batch: Batch, seen: Attention = PLAIN) -> BlockMask:
    """The same for FlexAttention."""
    visible = rule(batch, seen)
    rows, length = batch["last_ST"].shape
    return create_block_mask(
        lambda row, _, query, key: visible(row, query, key), rows, None, length, length, device=batch["last_ST"].device
    )
