"""The adapter: LoRA on linear layers of the language model, all of them or some by name, and nowhere else.

PEFT's own `all-linear` would also reach into the vision tower, so the layers are found by walking the language model.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled

from burnish.errors import ModelError
from burnish.train.config import TrainConfig

PROJECTORS = ("multi_modal_projector", "connector", "merger")
"""What families of models call the layers between vision tower and language model: LLaVA and InternVL, Idefics3 and
SmolVLM, Qwen-VL."""


def add_adapter(model: PreTrainedModel, config: TrainConfig, *, base_name: str) -> PeftModel:
    """The model with a fresh adapter, which alone is trained; everything else is frozen.

    `base_name` is what the adapter's own configuration calls the model. Raises ModelError for a model in which the
    language model, or the projector that is to be trained, cannot be found.
    """
    model.name_or_path = base_name
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.alpha,
        lora_dropout=config.lora_dropout,
        target_modules=target_pattern(model, config.lora_layers),
        modules_to_save=projectors(model) if config.train_projector else None,
        task_type="CAUSAL_LM",
    )
    # ZeRO-3 gathers the weights of a layer in one number format, so its adapter must have the model's own
    return get_peft_model(model, lora, autocast_adapter_dtype=not is_deepspeed_zero3_enabled())


def target_pattern(model: PreTrainedModel, only: Collection[str] | None = None) -> str:
    """A regular expression that fits the full names of the language model's linear layers, and no other module.

    `only` are the last parts of the names that are wanted ("q_proj"); None for all. Raises ModelError where one of
    them names no layer.
    """
    language_model = model.get_decoder()
    prefix = next(name for name, module in model.named_modules() if module is language_model)
    if _holds(language_model, model.get_encoder("image")):
        raise ModelError(
            f"Burnish cannot tell the language model of {type(model).__name__} from its vision tower, so it cannot "
            "place the adapter."
        )
    head = model.get_output_embeddings()
    leaves = {
        name.rpartition(".")[2]
        for name, module in language_model.named_modules()
        if isinstance(module, nn.Linear) and module is not head
    }
    if missing := sorted(set(only or ()) - leaves):
        raise ModelError(
            f"The language model of {type(model).__name__} has {', '.join(sorted(leaves))} and no {missing[0]}: take "
            "--lora-targets all-linear."
        )
    return rf"{re.escape(prefix)}\.(?:.*\.)?(?:{'|'.join(sorted(only or leaves))})"


def projectors(model: PreTrainedModel) -> list[str]:
    """Full names of the modules between vision tower and language model. Raises ModelError when there is none."""
    names = [name for name, _ in model.named_modules() if name.rpartition(".")[2] in PROJECTORS]
    if not names:
        raise ModelError(
            f"{type(model).__name__} has no projector by a name that Burnish knows: leave out --train-projector."
        )
    return names


def checkpoint_activations(adapted: PeftModel) -> None:
    """Make the language model compute its activations again in the backward pass instead of keeping them.

    The vision tower is left as it is, which takes care: asked as a whole, a model makes its frozen tower run backward
    too, and so does PEFT when it is given a model that checkpoints already.
    """
    base: Any = adapted.get_base_model()
    # PyTorch recommends the kind that is not reentrant; adapters under ZeRO-3 work with the other one alone
    base.get_decoder().activation_checkpointing_enable({"use_reentrant": is_deepspeed_zero3_enabled()})


def _holds(outer: nn.Module, inner: nn.Module) -> bool:
    return any(module is inner for module in outer.modules())
