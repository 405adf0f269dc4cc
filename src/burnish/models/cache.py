"""Key-value caches whose rows come and go, and that grow without being copied at every token."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer, LinearAttentionCacheLayerMixin

ROOM = 64
"""Tokens for which a layer has room before it must be copied to grow."""


class Rows(NamedTuple):
    """Some rows of a cache, without the tokens before `start`."""

    cache: Cache
    rows: Sequence[int]
    start: int = 0

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """These rows of one of the cache's tensors; not copied where they stand together."""
        first, behind = self.rows[0], self.rows[0] + len(self.rows)
        if [*self.rows] == [*range(first, behind)]:
            return tensor[first:behind, :, self.start :]
        return tensor[:, :, self.start :].index_select(0, torch.tensor(self.rows, device=tensor.device))


def joinable(cache: Cache) -> bool:
    """Whether rows of several such caches can stand in one: each layer attends to all tokens by their mask alone.

    Layers with sliding windows or with a state in the place of keys cannot be padded on the left; those that look at
    pictures have no keys where there is none.
    """
    layers: Sequence[Any] = cache.layers
    return all(type(layer) in (DynamicLayer, RoomyLayer) and layer.is_initialized for layer in layers)


def keeps_states(cache: Cache) -> bool:
    """Whether a layer keeps a state in the place of keys (linear attention, convolutions), token by token."""
    return any(isinstance(layer, LinearAttentionCacheLayerMixin) for layer in cache.layers)


def n_bytes(cache: Cache) -> int:
    """What a joinable cache's keys and values take, room included."""
    layers: Sequence[Any] = cache.layers
    return sum(tensor.untyped_storage().nbytes() for layer in layers for tensor in (layer.keys, layer.values))


def has_room(cache: Cache) -> bool:
    """Whether tokens are written behind the others, and nothing is copied for them."""
    return all(type(layer) is RoomyLayer for layer in cache.layers)


def sharing(cache: Cache) -> Cache:
    """A cache with the same tensors; `cache` stays as it is, and only rows of it may be chosen from now on."""
    shared = copy.copy(cache)
    shared.layers = [_apart(layer) for layer in cache.layers]
    return shared


def select(cache: Cache, rows: Sequence[int]) -> Cache:
    """The given rows of any cache, in the given order; `cache` stays as it is."""
    chosen = sharing(cache)
    chosen.reorder_cache(torch.LongTensor(rows))
    return chosen


def _apart(layer: Any) -> Any:
    """The layer with the same tensors, none of which is written into through the other one's dictionaries."""
    own = copy.copy(layer)
    for name, value in vars(layer).items():
        if isinstance(value, dict):
            setattr(own, name, dict(value))
    return own


def join(parts: Sequence[Rows], length: int, *, room: int = ROOM) -> Cache:
    """All rows of all parts in one cache, padded on the left to `length` tokens with zeros, and room for more.

    Parts must be joinable.
    """
    joined = DynamicCache()
    layers = zip(*(part.cache.layers for part in parts), strict=True)
    joined.layers = [
        RoomyLayer(
            _stack([part.of(layer.keys) for layer, part in zip(of_parts, parts, strict=True)], length, room),
            _stack([part.of(layer.values) for layer, part in zip(of_parts, parts, strict=True)], length, room),
            length,
        )
        for of_parts in layers
    ]
    return joined


def _stack(tensors: Sequence[torch.Tensor], length: int, room: int) -> torch.Tensor:
    _, heads, _, width = tensors[0].shape
    stacked = tensors[0].new_empty((sum(map(len, tensors)), heads, length + room, width))
    row = 0
    for tensor in tensors:
        rows, start = stacked[row : row + len(tensor)], length - tensor.shape[2]
        rows[:, :, :start] = 0  # it is masked, but nothing times 0 may be no number
        rows[:, :, start:length] = tensor
        row += len(tensor)
    return stacked


class RoomyLayer(DynamicLayer):
    """Full attention's keys and values at the beginning of longer tensors, into which each token is written."""

    def __init__(self, keys_BHRD: torch.Tensor, values_BHRD: torch.Tensor, length: int) -> None:
        """The first `length` of R tokens are there; the rest is room."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(keys_BHRD, values_BHRD)
        self._keys, self._values = keys_BHRD, values_BHRD
        self.keys, self.values = self._until(length)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the tokens' keys and values (B, H, T, D) behind the others; returns all that there are now."""
        before = self.get_seq_length()
        after = before + key_states.shape[-2]
        if after > self._keys.shape[-2]:
            self._keys, self._values = (
                _with_room(old, before, after + max(ROOM, after // 4)) for old in (self._keys, self._values)
            )
        self._keys[:, :, before:after] = key_states
        self._values[:, :, before:after] = value_states
        self.keys, self.values = now = self._until(after)
        return now

    def _until(self, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self._keys[:, :, :length], self._values[:, :, :length]


def _with_room(tensor: torch.Tensor, length: int, room: int) -> torch.Tensor:
    roomy = tensor.new_empty((*tensor.shape[:2], room, tensor.shape[3]))
    roomy[:, :, :length] = tensor[:, :, :length]
    return roomy
