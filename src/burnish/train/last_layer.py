"""The last layer computes, for tokens that predict nothing, only the keys and values that others look at.

Of a picture and a prompt nothing else of that layer is ever read. What it makes token by token is made where an answer
token is predicted, and on a CPU attention begins there too; elsewhere zeros stand, which nobody sees.

Axes: S rows, T tokens, D width, P tokens that predict.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, final

from torch import Tensor, nn
from transformers import PreTrainedModel

from burnish.train.node_attention import needed_nodes, node_mask, nodes_of

PARTS: Final = ("mlp", "feed_forward", "self_attn.q_proj", "self_attn.o_proj")
"""What families call the parts of a layer that look at no other token, and give nothing to one."""
ATTENTION: Final = "self_attn"
"""What they call the part that does."""


@contextmanager
def last_layer_at(model: nn.Module, places_ST: Tensor) -> Iterator[None]:
    """Within it hidden states of `model` are what they always are at the P places that are true, and nowhere else."""
    within = _within(model)
    changed: dict[Any, _At | _From] = {
        within[name]: _At(within[name].forward, places_ST) for name in PARTS if name in within
    }
    if ATTENTION in within:
        changed[within[ATTENTION]] = _From(within[ATTENTION].forward, places_ST)
    before = [vars(part).get("forward") for part in changed]
    for part, forward in changed.items():
        part.forward = forward
    try:
        yield
    finally:
        for part, forward in zip(changed, before, strict=True):
            del part.forward
            if forward is not None:
                part.forward = forward


def _within(model: nn.Module) -> dict[str, Any]:
    """The last layer's modules; none where it is computed again in the backward pass, when the places are no longer
    known."""
    network = next((module for module in model.modules() if isinstance(module, PreTrainedModel)), None)
    decoder: Any = None if network is None else network.get_decoder()
    layers = getattr(decoder, "layers", None)
    if not layers or (layers[-1].training and getattr(layers[-1], "gradient_checkpointing", False)):
        return {}
    return dict(layers[-1].named_modules())


@final
class _At:
    """The forward pass of a part, at some places alone."""

    def __init__(self, plain: Any, places_ST: Tensor) -> None:
        self._plain, self._places_ST = plain, places_ST

    def __call__(self, *given: Any, **named: Any) -> Any:
        if not given or given[0].shape[:2] != self._places_ST.shape:
            return self._plain(*given, **named)
        hidden_STD, *others = given
        place_P = self._places_ST.flatten().nonzero()[:, 0].to(hidden_STD.device)
        made = self._plain(hidden_STD.flatten(0, 1)[place_P][None], *others, **named)
        return (self._spread(made[0], place_P), *made[1:]) if isinstance(made, tuple) else self._spread(made, place_P)

    def _spread(self, made_1PD: Tensor, place_P: Tensor) -> Tensor:
        spread = made_1PD.new_zeros(self._places_ST.numel(), made_1PD.shape[-1])
        return spread.index_copy(0, place_P, made_1PD.flatten(0, -2)).view(*self._places_ST.shape, -1)


@final
class _From:
    """The forward pass of attention by nodes, for queries at some places alone."""

    def __init__(self, plain: Any, places_ST: Tensor) -> None:
        self._plain, self._places_ST = plain, places_ST

    def __call__(self, *given: Any, **named: Any) -> Any:
        mask = named.get("attention_mask")
        nodes = nodes_of(mask) if isinstance(mask, Tensor) else None
        if nodes is not None:
            named["attention_mask"] = node_mask(needed_nodes(nodes, self._places_ST), *self._places_ST.shape)
        return self._plain(*given, **named)
