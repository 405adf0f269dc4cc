"""Layers that keep a state in the place of keys (convolutions, linear attention) in rows of trees.

Such a layer reads what stands at a token's left. In a row of trees that is the token's way back only until another
branch begins, so the layer is handed each *run*, the tokens up to where a branch ends, as a sequence of its own, behind
as much of its way back as its state remembers: a few tokens for a convolution, all of them for linear attention. All
else in the model (attention, feed-forward networks, experts) still reads the way back once.

Axes: S rows, T tokens; R runs, L tokens of the longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from burnish.train.sequences import Batch


class _LayerKind(NamedTuple):
    part: str
    """What a layer of the kind calls the part that has the state."""
    memory: str | None
    """The configuration's name for how many tokens it sees, the present one among them; None for all."""


_KINDS: Final[Mapping[str, _LayerKind]] = {
    "conv": _LayerKind("conv", "conv_L_cache"),
    "linear_attention": _LayerKind("linear_attn", None),
}
"""By transformers' name for the kind of layer: LFM2's, and those of Qwen3.5."""


class Runs(NamedTuple):
    """Some runs, behind what is remembered of their ways back, padded on the right."""

    row_R: Tensor
    place_RL: Tensor
    own_RL: Tensor
    """Whether a token is the run's own: neither of its way back nor padding."""


class Tree(NamedTuple):
    """What such layers take in the place of a mask."""

    groups: tuple[Runs, ...]
    """Runs from a tree's beginning, and those behind a way back, which are shorter for a convolution."""


def state_kinds(model: PreTrainedModel) -> frozenset[str]:
    """The kinds of layers with a state that the model has, of those that can read trees."""
    config: Any = model.config.get_text_config()
    kinds = getattr(config, "layer_types", None) or ()
    layers: Any = getattr(model.get_decoder(), "layers", ())
    lacking = {
        kind
        for kind, layer in zip(kinds, layers, strict=False)
        if kind in _KINDS and not isinstance(getattr(layer, _KINDS[kind].part, None), nn.Module)
    }
    return frozenset(set(kinds) & _KINDS.keys()) - lacking


def state_trees(model: PreTrainedModel, batch: Batch) -> dict[str, Any]:
    """For each kind of layer with a state what it takes in the place of a mask; the layers learn to take it."""
    config: Any = model.config.get_text_config()
    kinds = state_kinds(model)
    if not kinds:
        return {}
    decoder: Any = model.get_decoder()
    for kind, layer in zip(config.layer_types, decoder.layers, strict=True):
        part = getattr(layer, _KINDS[kind].part) if kind in kinds else None
        if part is not None and not isinstance(part.forward, _ByRuns):
            part.forward = _ByRuns(part.forward)
    return {kind: tree(batch, _remembered(config, kind)) for kind in kinds}


def tree(batch: Batch, remembered: int | None) -> Tree:
    """The runs of a batch's rows, each behind so many tokens of its way back; None for all of them."""
    before_ST, last_ST = batch["before_ST"].tolist(), batch["last_ST"].tolist()
    begin, behind = list[_TreeRun](), list[_TreeRun]()
    for row, (before_T, last_T) in enumerate(zip(before_ST, last_ST, strict=True)):
        for start, stop in _bounds(before_T, last_T):
            back = _way_back(before_T, start, remembered)
            (behind if back else begin).append(_TreeRun(row, [*back, *range(start, stop)], len(back)))
    return Tree(tuple(_joined(runs, batch["before_ST"].device) for runs in (begin, behind) if runs))


class _TreeRun(NamedTuple):
    row: int
    places: list[int]
    back: int
    """How many of them are of its way back."""


def _bounds(before_T: Sequence[int], last_T: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where runs begin and end. Padding follows nothing, and nothing sees it."""
    cuts = [place for place, before in enumerate(before_T) if before != place - 1 or before < 0]
    for start, stop in zip(cuts, [*cuts[1:], len(before_T)], strict=True):
        if before_T[start] >= 0 or last_T[start] > start:
            yield start, stop


def _way_back(before_T: Sequence[int], start: int, remembered: int | None) -> list[int]:
    """The places of the last tokens before `start` on its way, in their order."""
    back, place = list[int](), before_T[start]
    while place >= 0 and (remembered is None or len(back) < remembered):
        back.append(place)
        place = before_T[place]
    return back[::-1]


def _joined(runs: Sequence[_TreeRun], device: torch.device) -> Runs:
    def padded(values: Sequence[Sequence[int | bool]]) -> Tensor:
        return pad_sequence([torch.tensor(one) for one in values], batch_first=True).to(device)

    own = [[place >= run.back for place in range(len(run.places))] for run in runs]
    rows = torch.tensor([run.row for run in runs], device=device)
    return Runs(rows, padded([run.places for run in runs]), padded(own))


def _remembered(config: Any, kind: str) -> int | None:
    name = _KINDS[kind].memory
    return None if name is None else getattr(config, name) - 1


@final
class _ByRuns:
    """The forward pass of a part with a state: by runs where it is given a tree, as ever else."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain

    def __call__(self, hidden_states: Tensor, *given: Any, attention_mask: Any = None, **named: Any) -> Tensor:
        if not isinstance(attention_mask, Tree):
            return self._plain(hidden_states, *given, attention_mask=attention_mask, **named)  # type: ignore[no-any-return]
        mixed_STD = torch.zeros_like(hidden_states)
        for row_R, place_RL, own_RL in attention_mask.groups:
            row_RL = row_R[:, None].expand_as(place_RL)
            found_RLD = self._plain(hidden_states[row_RL, place_RL], *given, attention_mask=None, **named)
            mixed_STD = mixed_STD.index_put((row_RL[own_RL], place_RL[own_RL]), found_RLD[own_RL].to(mixed_STD.dtype))
        return mixed_STD
