"""Full fine-tuning: every weight of the language model is trained, and what comes out is a model of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel

from burnish.train.lora import projectors


def network_of(model: nn.Module) -> PreTrainedModel:
    """The model of transformers, with an adapter's layers in it if it has one."""
    return cast(PreTrainedModel, model.get_base_model() if isinstance(model, PeftModel) else model)


def of_language_model(network: PreTrainedModel) -> Iterator[nn.Parameter]:
    """The weights of decoder and output head, which see no picture before it is encoded."""
    yield from network.get_decoder().parameters()
    if (head := network.get_output_embeddings()) is not None:
        yield from head.parameters()


def train_all(network: PreTrainedModel, *, projector: bool) -> PreTrainedModel:
    """The model with its language model's weights trained, and the projector's if wanted; all others are frozen.

    Raises ModelError for a model in which the projector that is to be trained cannot be found.
    """
    network.requires_grad_(False)
    wanted = [*of_language_model(network)]
    for name in projectors(network) if projector else ():
        wanted += network.get_submodule(name).parameters()
    for weight in wanted:
        weight.requires_grad_(True)
    return network


def load_weights(model: PreTrainedModel, checkpoint: Path) -> None:
    """Give the model the weights of a checkpoint of its own kind.

    Its files have the names that transformers saves weights by, which for many families are not those in memory.
    """
    saved = type(model).from_pretrained(checkpoint, dtype=torch.float32)
    model.load_state_dict(saved.state_dict())


def write_model(like: PreTrainedModel, checkpoint: Path, folder: Path, dtype: torch.dtype) -> None:
    """Write a checkpoint of a model `like` this one to a folder, in this number format."""
    type(like).from_pretrained(checkpoint, dtype=dtype).save_pretrained(folder)
