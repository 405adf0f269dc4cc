"""Several adapters on one base model in memory: each answers as if it had the base to itself.

A student and a teacher that were trained on the same model are it twice over but for a few per cent of weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from burnish.errors import ConfigError
from burnish.jsons import read_json
from burnish.models.active_adapter import ActiveAdapter
from burnish.models.base import ModelOptions
from burnish.models.fingerprint import folder_digest
from burnish.models.loading import attach_adapter, find_adapter, load
from burnish.models.local import LocalModel
from burnish.models.memory import spare_bytes


def open_local(options: Sequence[ModelOptions]) -> list[LocalModel]:
    """The local models that the options name; options that differ in the adapter alone share a base.

    Raises ModelError or ConfigError.
    """
    bases: dict[ModelOptions, list[ModelOptions]] = {}
    for option in dict.fromkeys(options):
        key = replace(option, adapter=None) if _shares_its_base(option) else option
        bases.setdefault(key, []).append(option)
    opened: dict[ModelOptions, LocalModel] = {}
    for group in bases.values():
        models = _open_on_one_base(group) if len(group) > 1 else [LocalModel.open(group[0])]
        opened |= zip(group, models, strict=True)
    refuse_thinking(options, [*opened.values()])
    return [opened[option] for option in options]


def refuse_thinking(options: Sequence[ModelOptions], opened: Sequence[LocalModel]) -> None:
    """Raise ConfigError where a switch of thoughts is to be set, and no model has one."""
    if any(option.thinking for option in options) and not any(one.encoder.can_switch_thinking for one in opened):
        raise ConfigError(
            f"--thinking needs a chat template with a switch (enable_thinking), and {options[0].model} has none: "
            "leave it out."
        )


def _open_on_one_base(options: Sequence[ModelOptions]) -> list[LocalModel]:
    model, processor, (base,) = load(replace(options[0], adapter=None))
    adapters = [None if option.adapter is None else find_adapter(option.adapter) for option in options]
    for number, (option, adapter) in enumerate(zip(options, adapters, strict=True)):
        if adapter is not None:
            model = attach_adapter(model, base, adapter, option, name=_name(number))
    return [
        LocalModel(
            model,
            processor,
            fingerprint=partial(folder_digest, base, *([adapter] if adapter else [])),
            batch_size=option.batch_size,
            pad_to_square=option.pad_to_square,
            reuse_bytes=spare_bytes(model.device, option.reuse_gib),
            thinking=option.thinks,
            penalised=option.repetition_penalty == "checkpoint",
            activate_adapter=ActiveAdapter(model, _name(number) if adapter else None),
        )
        for number, (option, adapter) in enumerate(zip(options, adapters, strict=True))
    ]


def _name(number: int) -> str:
    """What PEFT knows an adapter by."""
    return f"adapter-{number}"


def _shares_its_base(options: ModelOptions) -> bool:
    """Whether nothing of the base itself changes with the adapter, as it does where LoRA trains biases too.

    What cannot be read here is refused, in a sentence, when it is loaded.
    """
    if options.adapter is None:
        return True
    try:
        config = read_json((find_adapter(options.adapter) / "adapter_config.json").read_bytes())
    except (OSError, ValueError):
        return True
    return isinstance(config, dict) and config.get("peft_type") == "LORA" and config.get("bias", "none") == "none"
