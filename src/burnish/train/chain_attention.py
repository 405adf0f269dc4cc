"""Attention over rows that begin with a chain: up to where the first of them branches, no mask is needed.

Each token of the chain sees all before it, which kernels compute without looking at the other half, so a mask has rows
for the tokens behind it alone. On a CPU most trees need none at all (`node_attention`). Transformers' function for SDPA
learns what such masks mean.

Axes: S rows, H heads, T tokens, D width.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from burnish.train.node_attention import attend_by_nodes, nodes_of

SDPA: Final = "sdpa"
"""transformers' name for scaled dot product attention."""
FEWEST: Final = 2
"""Rows of such a mask: one row alone, as some vision towers have it, means all queries alike."""


def take_short_masks() -> None:
    """From now on SDPA takes masks that leave out a chain; for all others it is what it was."""
    ALL_ATTENTION_FUNCTIONS[SDPA] = attend


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **given: Any
) -> tuple[Tensor, None]:
    """What transformers' function gives, (S, T, H, D), for queries, keys and values (S, H, T, D)."""
    if (nodes := nodes_of(attention_mask)) is not None:
        return attend_by_nodes(module, query, key, value, nodes, given.get("scaling")), None
    chain = 0 if attention_mask is None else _chain(query.shape[2], key.shape[2], attention_mask)
    if not chain:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **given)
    causal, masked = {**given, "is_causal": True}, {**given, "is_causal": False}
    before, _ = sdpa_attention_forward(
        module, query[:, :, :chain], key[:, :, :chain], value[:, :, :chain], None, **causal
    )
    behind, _ = sdpa_attention_forward(module, query[:, :, chain:], key, value, attention_mask, **masked)
    return torch.cat([before, behind], dim=1), None


def _chain(queries: int, keys: int, mask: Tensor) -> int:
    """How many tokens at the rows' beginning the mask leaves out."""
    rows = mask.shape[-2]
    return queries - rows if FEWEST <= rows < queries == keys else 0
