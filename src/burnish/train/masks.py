"""The mask by which each token of a row sees itself and its own way back alone.

Trees are laid out depth first, so the tokens that see a token stand together: from its own place to the `last` one
that sees it. A number a token says all; the mask itself is made where the model is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, create_block_mask
from transformers import PreTrainedModel

from burnish.train.branching import FLEX


def tree_mask(model: nn.Module, last_ST: Tensor) -> Tensor | BlockMask:
    """The mask in the form that the model's attention takes."""
    network = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
    config: Any = network.config.get_text_config()
    if config._attn_implementation == FLEX:
        return block_mask(last_ST)
    return addend(sees(last_ST), next(model.parameters()).dtype)


def sees(last_ST: Tensor) -> Tensor:
    """Whether token i sees token j, (S, T, T)."""
    place_T = torch.arange(last_ST.shape[1], device=last_ST.device)
    return (place_T[None, :] <= place_T[:, None]) & (place_T[:, None] <= last_ST[:, None, :])


def addend(sees_STT: Tensor, dtype: torch.dtype) -> Tensor:
    """0 or minus infinity, (S, 1, T, T): made of booleans once, not by every layer for its backward pass."""
    return torch.zeros_like(sees_STT, dtype=dtype).masked_fill(~sees_STT, -torch.inf)[:, None]


def block_mask(last_ST: Tensor) -> BlockMask:
    """The same for FlexAttention."""

    def visible(row: Tensor, _: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (key <= query) & (query <= last_ST[row, key])

    rows, length = last_ST.shape
    return create_block_mask(visible, rows, None, length, length, device=last_ST.device)
