"""What a training holds, by arithmetic: from the model's configuration alone, no weights being read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open
from torch import nn
from transformers import AutoConfig, AutoModelForImageTextToText, PretrainedConfig, PreTrainedModel

from burnish.errors import ModelError
from burnish.models.loading import ADAPTER_WEIGHTS
from burnish.pocket import place
from burnish.scores.recipe_plan import TrainingSizes
from burnish.train.config import TrainConfig
from burnish.train.full import train_all
from burnish.train.lora import projectors
from burnish.train.lora_targets import find_language_model, targets
from burnish.train.trainer import KEPT_CHECKPOINTS

FLOAT32, BFLOAT16 = 4, 2
NF4 = (4 + 0.127) / 8
"""Bytes of a weight in 4 bits, with its share of quantised constants (QLoRA, arXiv 2305.14314, section 3)."""
MOMENTS = 2
"""That AdamW keeps of each trained parameter."""
ACTIVATION_BYTES = 34
"""Per token, layer and unit of width, in bfloat16 and without scores of attention (arXiv 2205.05198, section 4.1)."""


class Skeleton(NamedTuple):
    """A model without its weights."""

    name: str
    model: PreTrainedModel

    @property
    def parameters(self) -> int:
        """The model's own."""
        return sum(parameter.numel() for parameter in self.model.parameters())


def skeleton(name: str, shape: Mapping[str, Any] | None) -> Skeleton | None:
    """The model of this name from its configuration; where that cannot be read, of this shape, as config.json has it.

    None where there is no shape either.
    """
    config = _read_config(name)
    if config is None and shape is not None:
        config = AutoConfig.for_model(**shape)
    if config is None:
        return None
    with torch.device("meta"):
        return Skeleton(name, AutoModelForImageTextToText.from_config(config))


def _read_config(name: str) -> PretrainedConfig | None:
    folder = place(name)
    try:
        found: PretrainedConfig = AutoConfig.from_pretrained(folder if folder.is_dir() else name)
    except (OSError, ValueError):
        return None
    return found


def training_sizes(base: Skeleton, config: TrainConfig, *, examples: int, sequence: int) -> TrainingSizes:
    """What the training holds on one device; `sequence` is the assumed length of an example, in tokens.

    Raises ModelError for a model in which the layers to train cannot be found.
    """
    trainable, own = _trainable(base, config), base.parameters
    if config.full:
        total, weights = own, FLOAT32 * own
    else:
        total, weights = own + trainable, BFLOAT16 * own - _saved_by_4_bits(base, config) + FLOAT32 * trainable
    gradients, optimizer = FLOAT32 * trainable, MOMENTS * FLOAT32 * trainable
    steps = config.max_steps or -(-examples // config.batch_size) * config.epochs
    tall = config.micro_batch * sequence * _layers_by_width(base.model)
    return TrainingSizes(
        model=base.name,
        rank=None if config.full else config.lora_rank,
        trainable=trainable,
        total=total,
        weights=weights,
        gradients=gradients,
        optimizer=optimizer,
        activations=tall * (BFLOAT16 if config.activation_checkpointing else ACTIVATION_BYTES),
        adapter=BFLOAT16 * total if config.full else FLOAT32 * trainable,
        checkpoint=optimizer + (weights if config.full else FLOAT32 * trainable),
        checkpoints=min(KEPT_CHECKPOINTS, max(1, steps // config.save_steps)),
        steps=steps,
    )


def _trainable(base: Skeleton, config: TrainConfig) -> int:
    """Parameters that are trained, in float32: with `--full` the model's own, else an adapter's."""
    if config.full:
        train_all(base.model, projector=config.train_projector)
        return sum(parameter.numel() for parameter in base.model.parameters() if parameter.requires_grad)
    file = place(config.adapter) / ADAPTER_WEIGHTS if config.adapter else None
    if file is not None and file.is_file():
        return _stored(file)
    return sum(_lora(base, config)) + _projector(base, config)


def _lora(base: Skeleton, config: TrainConfig) -> Iterator[int]:
    """Parameters of the adapter on each layer, and on each tensor of experts."""
    wanted = targets(base.model, config.lora_layers, experts=config.experts)
    for name in wanted.modules:
        layer = base.model.get_submodule(name)
        if not isinstance(layer, nn.Linear):
            raise ModelError(f"The layer {name} of {base.name}, which LoRA would adapt, is not a linear one.")
        magnitudes = layer.out_features if config.lora_variant == "dora" else 0
        yield config.lora_rank * (layer.in_features + layer.out_features) + magnitudes
    for name in wanted.experts:
        experts, *sides = base.model.get_parameter(name).shape
        yield config.lora_rank * experts * sum(sides)


def _projector(base: Skeleton, config: TrainConfig) -> int:
    names = projectors(base.model) if config.train_projector else []
    return sum(p.numel() for name in names for p in base.model.get_submodule(name).parameters())


def _saved_by_4_bits(base: Skeleton, config: TrainConfig) -> int:
    """Bytes that `--load-in 4bit` spares: it keeps the language model's linear layers in NF4."""
    if config.load_in != "4bit":
        return 0
    layers = targets(base.model).modules
    return round((BFLOAT16 - NF4) * sum(base.model.get_parameter(f"{name}.weight").numel() for name in layers))


def _stored(file: Path) -> int:
    """Parameters in an adapter's file, of which only the header is read."""
    with safe_open(file, framework="pt") as tensors:
        shapes = [torch.Size(tensors.get_slice(name).get_shape()) for name in tensors.keys()]  # noqa: SIM118
    found: int = sum(shape.numel() for shape in shapes)
    return found


def _layers_by_width(model: PreTrainedModel) -> int:
    _, language_model = find_language_model(model)
    shape: Any = language_model.config
    return int(shape.num_hidden_layers * shape.hidden_size)
