"""LoRA's way up from its rank, its scale and the sum with the frozen layer's output in one product.

PEFT takes three passes over an output that is as wide as the layer, and one more backwards; BLAS does all of it while
it multiplies. The numbers are the same but for rounding.
"""

from __future__ import annotations

from typing import Any, final

import torch
from peft import PeftModel
from peft.tuners import lora
from torch import Tensor, nn
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled


def sum_within_products(adapted: PeftModel) -> None:
    """Let the adapter's plain linear layers compute so. Under ZeRO-3 only PEFT's own way gathers the weights."""
    if is_deepspeed_zero3_enabled():
        return
    for module in adapted.modules():
        if type(module) is lora.Linear and not module.lora_variant:
            layer: Any = module
            layer.forward = _Summing(layer, layer.forward)


@final
class _Summing:
    """The forward pass of a layer with one adapter: as PEFT has it while that is merged, switched off or not alone."""

    def __init__(self, layer: Any, plain: Any) -> None:
        self._layer, self._plain = layer, plain

    def __call__(self, x: Tensor, *given: Any, **named: Any) -> Tensor:
        layer = self._layer
        own = [name for name in layer.active_adapters if name in layer.lora_A]
        if given or named or layer.disable_adapters or layer.merged or len(own) != 1:
            return self._plain(x, *given, **named)  # type: ignore[no-any-return]
        [name] = own
        down, up = layer.lora_A[name], layer.lora_B[name]
        output: Tensor = layer.base_layer(x)
        low: Tensor = down(layer.lora_dropout[name](x.to(down.weight.dtype)))
        if low.dtype != output.dtype or type(up) is not nn.Linear or up.bias is not None:  # wrapped by FSDP1
            summed: Tensor = output + up(low) * layer.scaling[name]
            return summed.to(output.dtype)
        summed = torch.addmm(output.flatten(0, -2), low.flatten(0, -2), up.weight.T, alpha=layer.scaling[name])
        return summed.view_as(output)
