"""One adapter on a model while it answers, and a small model's LoRA merged into copies of its weights.

PEFT multiplies three times in the place of once, and decides before each what to do: on a small model that takes longer
than the layer. The base's own weights stay as they are, for other adapters that share them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple, final

import torch
from peft import PeftModel
from peft.tuners import lora
from torch import Tensor, nn
from torch.nn.functional import linear
from transformers import PreTrainedModel

COPIES = 2**28
"""Bytes that an adapter's merged copies may take: those of about 64 million weights."""


class _Merged(NamedTuple):
    layer: Any
    forward: Callable[[Tensor], Tensor]
    """By a single product."""


@final
@dataclass(frozen=True)
class ActiveAdapter:
    """Puts one adapter on a model, or none, and no other, while what it gives is entered."""

    model: PreTrainedModel | PeftModel
    """Without adapters on it, nothing is done."""
    adapter: str | None = "default"
    """The name that PEFT knows it by."""
    merges: bool = True
    """Whether a small model's is merged."""

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """While the model answers."""
        if not isinstance(self.model, PeftModel):
            yield
            return
        if self.adapter is not None:
            self.model.set_adapter(self.adapter, inference_mode=True)
        with nullcontext() if self.adapter is not None else self.model.disable_adapter():
            for layer, forward in self._merged:
                layer.forward = forward
            try:
                yield
            finally:
                for layer, _ in self._merged:
                    del layer.forward

    @cached_property
    def _merged(self) -> Sequence[_Merged]:
        """The layers that can be merged without another rounding, if their copies are small."""
        layers: list[Any] = [layer for layer in self.model.modules() if _can_merge(layer)]
        if not self.merges or sum(layer.base_layer.weight.nbytes for layer in layers) > COPIES:
            return []
        return [_Merged(layer, _forward(layer, self.adapter)) for layer in layers]


def _can_merge(layer: Any) -> bool:
    """Whether it is a plain linear layer with plain LoRA, in numbers that the sum fits into."""
    return (
        type(layer) is lora.Linear
        and type(layer.base_layer) is nn.Linear
        and layer.base_layer.weight.dtype == torch.float32
        and not (layer.merged or layer.lora_variant or any(layer.lora_bias.values()))
    )


@torch.no_grad()
def _forward(layer: Any, adapter: str | None) -> Callable[[Tensor], Tensor]:
    base = layer.base_layer
    weight = base.weight + layer.get_delta_weight(adapter) if adapter in layer.lora_A else base.weight
    return partial(linear, weight=weight, bias=base.bias)
