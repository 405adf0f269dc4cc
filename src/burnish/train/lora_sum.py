"""LoRA's layer as one operator: the frozen product, the way down to the rank and up again, the scale and the sum.

PEFT takes three passes over an output that is as wide as the layer, and two more backwards; here BLAS does all of it
while it multiplies. The numbers are the same but for rounding. Selective activation checkpointing keeps what the
operator gives, so nothing of it is computed again.

Axes: N tokens, I inputs, O outputs, R rank.
"""

from __future__ import annotations

from typing import Any, Final, final

import torch
from peft import PeftModel
from peft.tuners import lora
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled

ADAPTED_LINEAR: Final = "adapted_linear"
"""The operator's name."""
_LIBRARY: Final = torch.library.Library("burnish", "DEF")  # type: ignore[no-untyped-call]
_LIBRARY.define(  # type: ignore[no-untyped-call]
    f"{ADAPTED_LINEAR}(Tensor x, Tensor weight, Tensor? bias, Tensor down, Tensor up, float scale) -> (Tensor, Tensor)"
)


@torch.library.impl(_LIBRARY, ADAPTED_LINEAR, "CompositeExplicitAutograd")
def _adapted_linear(  # noqa: PLR0917 - as it is defined
    x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None, down_RI: Tensor, up_OR: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """The output, (N, O), and what the rank sees, (N, R)."""
    low_NR = x_NI @ down_RI.T
    output_NO = nn.functional.linear(x_NI, weight_OI, bias_O)
    return output_NO.addmm_(low_NR, up_OR.T, alpha=scale), low_NR


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
        base, down, up, drop = layer.base_layer, layer.lora_A[name], layer.lora_B[name], layer.lora_dropout[name]
        learned = any(parameter.requires_grad for parameter in base.parameters())
        dropped = drop.training and not isinstance(drop, nn.Identity)
        if learned or dropped or not all(map(_is_plain, (base, down, up))):
            return self._plain(x)  # type: ignore[no-any-return]
        parts = [x.flatten(0, -2), base.weight, base.bias, down.weight, up.weight]
        if torch.is_autocast_enabled(x.device.type):
            dtype = torch.get_autocast_dtype(x.device.type)
            parts = [part if part is None else part.to(dtype) for part in parts]
        if len({part.dtype for part in parts if part is not None}) > 1:
            return self._plain(x)  # type: ignore[no-any-return]
        output: Tensor = _AdaptedLinear.apply(*parts, layer.scaling[name])  # type: ignore[no-untyped-call]
        return output.view(*x.shape[:-1], -1)


def _is_plain(part: nn.Module) -> bool:
    """Whether a layer is what its weights say: neither wrapped, as by FSDP1, nor hooked."""
    is_own = type(part) is nn.Linear and "forward" not in vars(part)
    return is_own and not (part._forward_hooks or part._forward_pre_hooks)


class _AdaptedLinear(torch.autograd.Function):
    """Gradients reach the input and the adapter."""

    @staticmethod
    def forward(  # noqa: PLR0917 - autograd takes no names
        ctx: Any, x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None, down_RI: Tensor, up_OR: Tensor, scale: float
    ) -> Tensor:
        output_NO: Tensor
        output_NO, low_NR = torch.ops.burnish.adapted_linear(x_NI, weight_OI, bias_O, down_RI, up_OR, scale)
        ctx.save_for_backward(x_NI, weight_OI, down_RI, up_OR, low_NR)
        ctx.scale = scale
        return output_NO

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        [gradient_NO] = gradients
        x_NI, weight_OI, down_RI, up_OR, low_NR = ctx.saved_tensors
        low_gradient_NR = (gradient_NO @ up_OR).mul_(ctx.scale)
        input_gradient_NI = None
        if ctx.needs_input_grad[0]:
            input_gradient_NI = (gradient_NO @ weight_OI).addmm_(low_gradient_NR, down_RI)
        up_gradient_OR = (gradient_NO.T @ low_NR).mul_(ctx.scale)
        return input_gradient_NI, None, None, low_gradient_NR.T @ x_NI, up_gradient_OR, None
