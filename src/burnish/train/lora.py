"""The adapter: LoRA on linear layers of the language model, all of them or some by name, and nowhere else.

PEFT's own `all-linear` would also reach into the vision tower, so `lora_targets` finds the layers by walking the
language model, and what PEFT made of them is verified.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from peft import LoraConfig, PeftModel, PeftType, get_peft_model
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled

from burnish.errors import ModelError
from burnish.models import ModelOptions
from burnish.models.loading import attach_adapter, find, find_adapter
from burnish.train.config import TrainConfig, is_main_process
from burnish.train.lora_sum import sum_within_products
from burnish.train.lora_targets import Targets, share_beside_experts, targets

PROJECTORS = ("multi_modal_projector", "connector", "merger")
"""What families of models call the layers between vision tower and language model: LLaVA and InternVL, Idefics3 and
SmolVLM, Qwen-VL."""


def add_adapter(model: PreTrainedModel, config: TrainConfig, *, base_name: str) -> PeftModel:
    """The model with a fresh adapter, or the one to go on from, which alone is trained; everything else is frozen.

    `base_name` is what the adapter's own configuration calls the model. Raises ModelError for a model in which the
    language model, or the projector that is to be trained, cannot be found, and for an adapter that does not fit.
    """
    model.name_or_path = base_name
    if config.adapter:
        return _gone_on_from(model, config, config.adapter, base_name)
    wanted = targets(model, config.lora_layers, experts=config.experts)
    if is_main_process() and (share := share_beside_experts(model, wanted)) is not None:
        print(
            f"LoRA reaches {share:.0%} of the language model's weights, without its experts: --experts adapts "
            "these too.",
            file=sys.stderr,
        )
    try:
        adapted = _adapt(model, config, wanted.modules, wanted.experts)
    except ValueError as error:
        raise ModelError(f"PEFT cannot adapt {type(model).__name__} ({str(error).splitlines()[0]}).") from error
    if lost := [name for name in wanted.modules if name not in _adapted(adapted)]:
        # PEFT takes these for experts of a mixture, whose names it rewrites; by their weights it leaves them alone
        kept = [name for name in wanted.modules if name not in lost]
        weights = [f"{name}.weight" for name in lost]
        adapted = _adapt(adapted.unload(), config, kept, [*weights, *wanted.experts])
    verify(adapted, wanted)
    sum_within_products(adapted)
    return adapted


def _gone_on_from(model: PreTrainedModel, config: TrainConfig, adapter: str, base_name: str) -> PeftModel:
    """The model with an adapter that was trained before, to be trained on."""
    options = ModelOptions(
        model=config.model, adapter=adapter, pad_to_square=config.pad_to_square, thinking=config.thinking
    )
    adapted = attach_adapter(model, find(config.model), find_adapter(adapter), options)
    own = adapted.peft_config[adapted.active_adapter]
    if own.peft_type != PeftType.LORA:
        raise ModelError(f"--adapter {adapter} is of the kind {own.peft_type}: give a LoRA adapter to go on from.")
    own.base_model_name_or_path = base_name
    adapted.set_adapter(adapted.active_adapter)
    sum_within_products(adapted)
    return adapted


def _adapt(model: PreTrainedModel, config: TrainConfig, modules: Sequence[str], parameters: Sequence[str]) -> PeftModel:
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.alpha,
        lora_dropout=config.lora_dropout,
        target_modules=list(modules),
        target_parameters=list(parameters) or None,
        modules_to_save=projectors(model) if config.train_projector else None,
        use_dora=config.lora_variant == "dora",
        use_rslora=config.lora_variant == "rslora",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # said of names that PEFT has made up itself
        warnings.filterwarnings("ignore", message=r"The following \w+_pattern keys did not match")
        warnings.filterwarnings("ignore", message=r"target_parameters=.* but no parameter was matched")
        return _attach(model, lora)


def _attach(model: PreTrainedModel, lora: LoraConfig) -> PeftModel:
    # ZeRO-3 gathers the weights of a layer in one number format, so its adapter must have the model's own
    return get_peft_model(model, lora, autocast_adapter_dtype=not is_deepspeed_zero3_enabled())


def verify(adapted: PeftModel, wanted: Targets) -> None:
    """Raise ModelError unless the adapter is on exactly what was wanted: PEFT has rules of its own for some models."""
    base = adapted.get_base_model()
    found = {name.replace(".base_layer", "") for name, module in base.named_modules() if isinstance(module, LoraLayer)}
    expected = {*wanted.modules, *(name.rpartition(".")[0] for name in wanted.experts)}
    if found != expected:
        lost, strange = sorted(expected - found), sorted(found - expected)
        what = f"{lost[0]} is not adapted" if lost else f"{strange[0]} is adapted too"
        raise ModelError(
            f"PEFT does not put the adapter where it belongs in {type(base).__name__} ({what}): give other "
            "--lora-targets, or another version of PEFT."
        )


def _adapted(adapted: PeftModel) -> set[str]:
    """Full names of the modules that have an adapter."""
    modules = adapted.get_base_model().named_modules()
    return {name.replace(".base_layer", "") for name, module in modules if isinstance(module, LoraLayer)}


def projectors(model: PreTrainedModel) -> list[str]:
    """Full names of the modules between vision tower and language model. Raises ModelError when there is none."""
    names = [name for name, _ in model.named_modules() if name.rpartition(".")[2] in PROJECTORS]
    if not names:
        raise ModelError(
            f"{type(model).__name__} has no projector by a name that Burnish knows: leave out --train-projector."
        )
    return names
