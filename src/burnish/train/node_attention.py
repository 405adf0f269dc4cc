"""Attention over trees on a CPU without a mask: each node's tokens attend to their own way back in slices of the keys.

A node is some tokens in a row. It sees slices of what stands before it, each of them whole, and itself. Every slice is
attended to on its own; the results are joined by their shares in the softmax, and the joined result serves each slice
in the backward pass too. What a token does not see is never computed, and no keys are copied.

Axes: S rows, H heads, T tokens, D width; Q and K tokens of a slice of queries or keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad
from transformers.integrations.sdpa_attention import repeat_kv

_NODES: Final = "nodes"
"""The attribute of a mask's tensor that has them."""
_FORWARD: Final = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_BACKWARD: Final = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward

Range: TypeAlias = tuple[int, int]
"""From a token up to another, that one left out."""


class Node(NamedTuple):
    """Tokens that are attended from, and what they see."""

    rows: Range
    queries: Range
    seen: tuple[Range, ...]
    """Keys that all of them see."""
    causal: bool
    """Whether each also sees itself and those of the node before it."""
    mask: Tensor | None = None
    """What is added to the scores of all slices, (S, 1, Q, K), where those are one."""


Nodes: TypeAlias = tuple[Node, ...]


def node_mask(nodes: Nodes, rows: int, length: int) -> Tensor:
    """A mask (S, 1, T, T) that takes no memory and stands for the nodes; read as numbers, it makes all not a number."""
    mask = torch.full((1, 1, 1, 1), torch.nan)
    vars(mask)[_NODES] = nodes
    return mask.expand(rows, 1, length, length)


def nodes_of(mask: Tensor | None) -> Nodes | None:
    """The nodes that a mask stands for, or a view of it; None for one of numbers."""
    base: Any = None if mask is None else mask._base
    return None if base is None else vars(base).get(_NODES)


def needed_nodes(nodes: Nodes, needed_ST: Tensor) -> Nodes:
    """What is left of them where attention is needed at some tokens alone: each from the first of these to the last."""
    return tuple(part for node in nodes for part in _needed(node, needed_ST))


def _needed(node: Node, needed_ST: Tensor) -> Iterator[Node]:
    (first_row, end_row), (start, stop) = node.rows, node.queries
    place_N = needed_ST[first_row:end_row, start:stop].any(dim=0).nonzero()[:, 0]
    if len(place_N):
        first, end = start + int(place_N[0]), start + int(place_N[-1]) + 1
        before = ((start, first),) if node.causal and first > start else ()
        mask = None if node.mask is None else node.mask[:, :, first - start : end - start]
        yield node._replace(queries=(first, end), seen=(*node.seen, *before), mask=mask)


def attend_by_nodes(  # noqa: PLR0917 - as transformers calls it
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, nodes: Nodes, scaling: float | None
) -> Tensor:
    """(S, T, H, D) of queries, keys and values (S, H, T, D); keys and values may have fewer heads. 0 at all tokens
    that are in no node."""
    if torch.is_autocast_enabled("cpu"):
        dtype = torch.get_autocast_dtype("cpu")
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    if key.shape[1] != query.shape[1]:
        groups: int = module.num_key_value_groups  # type: ignore[assignment]
        key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    width = max(query.shape[-1], value.shape[-1])  # the kernel wants one
    widened = (pad(one, (0, width - one.shape[-1])) for one in (query, key, value))
    made: Tensor = _ByNodes.apply(*widened, nodes, scale)  # type: ignore[no-untyped-call]
    return made[..., : value.shape[-1]]


class _ByNodes(torch.autograd.Function):
    """Attention, (S, T, H, D)."""

    @staticmethod
    def forward(  # noqa: PLR0917 - autograd takes no names
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, nodes: Nodes, scale: float
    ) -> Tensor:
        rows, heads, length, width = query.shape
        made_STHD = query.new_zeros(rows, length, heads, width)
        weight_SHT = query.new_zeros(rows, heads, length, dtype=torch.promote_types(query.dtype, torch.float32))
        for node in nodes:
            at = _at(node.rows, node.queries)
            of_node = {"scale": scale, "attn_mask": node.mask}
            parts = [
                _FORWARD(query[at], key[_at(node.rows, seen)], value[_at(node.rows, seen)], 0.0, causal, **of_node)
                for seen, causal in _slices(node)
            ]
            made_STHD.transpose(1, 2)[at], weight_SHT[at[:3]] = _joined(parts)
        ctx.save_for_backward(query, key, value, made_STHD, weight_SHT)
        ctx.nodes, ctx.scale = nodes, scale
        return made_STHD

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_STHD: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, made_STHD, weight_SHT = ctx.saved_tensors
        made, gradient = made_STHD.transpose(1, 2), gradient_STHD.transpose(1, 2)
        by_query, by_key, by_value = (torch.zeros_like(one) for one in (query, key, value))
        for node in ctx.nodes:
            at = _at(node.rows, node.queries)
            for seen, causal in _slices(node):
                keys = _at(node.rows, seen)
                given = (gradient[at], query[at], key[keys], value[keys], made[at], weight_SHT[at[:3]], 0.0, causal)
                parts = _BACKWARD(*given, scale=ctx.scale, attn_mask=node.mask)
                by_query[at] += parts[0]
                by_key[keys] += parts[1]
                by_value[keys] += parts[2]
        return by_query, by_key, by_value, None, None


def _at(rows: Range, tokens: Range) -> tuple[slice, slice, slice]:
    return slice(*rows), slice(None), slice(*tokens)


def _slices(node: Node) -> Iterator[tuple[Range, bool]]:
    """Keys that a node sees, and whether only as far as each token has come."""
    yield from ((seen, False) for seen in node.seen)
    if node.causal:
        yield node.queries, True


def _joined(parts: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """What several slices of keys give, (S, H, Q, D), and the logarithm of the softmax's sum over all of them."""
    if len(parts) == 1:
        return parts[0]
    weight_SHQ = torch.stack([weight for _, weight in parts]).logsumexp(dim=0)
    shares = ((weight - weight_SHQ).exp()[..., None] for _, weight in parts)
    made: Tensor = sum(one * share for (one, _), share in zip(parts, shares, strict=True))  # type: ignore[assignment]
    return made, weight_SHQ
