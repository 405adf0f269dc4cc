"""Activation checkpointing: what the backward pass computes again instead of keeping it.

`full` keeps each layer's input. `selective` also keeps what is dear to compute, matrix products and attention, and
computes the rest again: norms, rotations, activation functions, the gate's product, and an adapter's way up from its
rank where that is a product of its own. The last layer keeps all, since its backward pass comes at once.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, Literal, TypeAlias

from torch import Tensor, nn
from torch.utils.checkpoint import CheckpointPolicy, create_selective_checkpoint_contexts
from transformers import PreTrainedModel
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from transformers.modeling_layers import GradientCheckpointingLayer

from burnish.errors import ConfigError
from burnish.train.lora_sum import ADAPTED_LINEAR

CheckpointingMode: TypeAlias = Literal["selective", "full"]

_PRODUCTS: Final = {"mm": 1, "addmm": 2, "bmm": 1, "baddbmm": 2, "_grouped_mm": 1}
"""Names of operators, and which of their arguments is the right factor."""
_ATTENTION: Final = (
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
)


def checkpoint_activations(network: PreTrainedModel, kept: CheckpointingMode) -> None:
    """Make the language model compute its activations again in the backward pass instead of keeping them.

    The vision tower is left as it is, which takes care: asked as a whole, a model makes its frozen tower run backward
    too, and so does PEFT when it is given a model that checkpoints already. Raises ConfigError for `selective` under
    ZeRO-3.
    """
    # PyTorch recommends the kind that is not reentrant; adapters under ZeRO-3 work with the other one alone
    reentrant = is_deepspeed_zero3_enabled()
    kind: dict[str, Any] = {"use_reentrant": reentrant}
    if kept == "selective":
        if reentrant:
            raise ConfigError("--activation-checkpointing selective does not work with ZeRO stage 3: take full.")
        kind["context_fn"] = partial(create_selective_checkpoint_contexts, _policy)
    language_model: Any = network.get_decoder()
    if hasattr(language_model, "activation_checkpointing_enable"):
        language_model.activation_checkpointing_enable(kind)
    else:  # its older name
        language_model.gradient_checkpointing_enable(kind)
    if not reentrant:  # only the other kind wants gradients of the embeddings
        language_model.disable_input_require_grads()
    _let_last_keep_all(language_model)


def _let_last_keep_all(language_model: nn.Module) -> None:
    layers = [module for module in language_model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if len(layers) > 1:
        layers[-1].gradient_checkpointing = False


def _policy(_context: Any, operator: Any, *given: Any, **_options: Any) -> CheckpointPolicy:
    name = str(getattr(operator, "_opname", ""))
    keep = name == ADAPTED_LINEAR or name in _ATTENTION or (name in _PRODUCTS and _is_dear(given[_PRODUCTS[name]]))
    return CheckpointPolicy.MUST_SAVE if keep else CheckpointPolicy.PREFER_RECOMPUTE


def _is_dear(right: Tensor) -> bool:
    """Whether a product by this factor is dear: all are, but the adapter's way up from its rank and attention's
    scores, which are wider than what they sum over."""
    return not right.requires_grad or right.shape[-2] >= right.shape[-1]
