"""Which weights of a language model LoRA reaches: its linear layers by their full names, and no tower, router or head.

Patterns would not do: PEFT rewrites them for mixtures of experts and may land elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from torch import nn
from transformers import PreTrainedModel

from burnish.errors import ModelError

ROUTERS = frozenset({"gate", "router", "shared_expert_gate"})
"""What families call the layers that choose experts."""
QUERIES_AND_KEYS = ("q_proj", "k_proj")


class Targets(NamedTuple):
    """What an adapter is to be put on."""

    modules: tuple[str, ...]
    """Full names of linear layers."""
    experts: tuple[str, ...]
    """Full names of the parameters in which experts are fused, where they are to be adapted."""


class Reach(NamedTuple):
    """How much of a language model an adapter reaches."""

    modules: int
    share: float
    """Of the weights in the matrices of its layers, embeddings and output head left out."""
    missed: tuple[str, ...]
    """What it does not reach, as `layers.N.mlp.experts.gate_up_proj (4 x 64 x 32)`."""


def targets(model: PreTrainedModel, only: Collection[str] | None = None, *, experts: bool = False) -> Targets:
    """The language model's linear layers; `only` are the last parts of the names that are wanted ("q_proj").

    `experts`: fused experts too. Raises ModelError where a name fits no layer, there are no fused experts, or the
    language model cannot be told from the vision tower.
    """
    prefix, language_model = find_language_model(model)
    layers = {f"{prefix}.{name}": name.rpartition(".")[2] for name in _linear_layers(model, language_model)}
    leaves = set(layers.values())
    if missing := sorted(set(only or ()) - leaves):
        raise ModelError(
            f"The language model of {type(model).__name__} has {', '.join(sorted(leaves))} and no {missing[0]}: take "
            "--lora-targets all-linear, or the names that you want of these."
        )
    fused = tuple(f"{prefix}.{name}" for name in _fused_experts(language_model))
    if experts and not fused:
        raise ModelError(f"{type(model).__name__} has no fused experts: leave out --experts.")
    return Targets(tuple(name for name, leaf in layers.items() if not only or leaf in only), fused if experts else ())


def reach(model: PreTrainedModel, chosen: Targets) -> Reach:
    """What share of the language model's layers the targets are."""
    prefix, language_model = find_language_model(model)
    reached = {*(f"{name}.weight" for name in chosen.modules), *chosen.experts}
    sizes = {f"{prefix}.{name}": shape for name, shape in _matrices(model, language_model)}
    whole = sum(_size(shape) for shape in sizes.values())
    within = sum(_size(shape) for name, shape in sizes.items() if name in reached)
    missed = dict.fromkeys(
        _layer(name.removeprefix(f"{prefix}."), sizes[name]) for name in sizes if name not in reached
    )
    return Reach(len(chosen.modules) + len(chosen.experts), within / whole if whole else 0.0, tuple(missed))


def share_beside_experts(model: PreTrainedModel, chosen: Targets) -> float | None:
    """What share is reached where a model's fused experts are not; None where they are, or there are none."""
    _, language_model = find_language_model(model)
    fused = any(True for _ in _fused_experts(language_model))
    return reach(model, chosen).share if fused and not chosen.experts else None


def find_language_model(model: PreTrainedModel) -> tuple[str, nn.Module]:
    """The language model and its full name. Raises ModelError where it cannot be told from the vision tower."""
    language_model = model.get_decoder()
    prefix = next(name for name, module in model.named_modules() if module is language_model)
    tower = model.get_encoder("image")
    if any(module is tower for module in language_model.modules()):
        raise ModelError(
            f"Burnish cannot tell the language model of {type(model).__name__} from its vision tower, so it cannot "
            "place the adapter."
        )
    return prefix, language_model


def _linear_layers(model: PreTrainedModel, language_model: nn.Module) -> Iterator[str]:
    head = model.get_output_embeddings()
    for name, module in language_model.named_modules():
        if isinstance(module, nn.Linear) and module is not head and not ROUTERS & set(name.split(".")[-2:]):
            yield name


def _fused_experts(language_model: nn.Module) -> Iterator[str]:
    for name, parameter in language_model.named_parameters():
        if parameter.dim() == 3 and "experts" in name.split("."):
            yield name


def _matrices(model: PreTrainedModel, language_model: nn.Module) -> Iterator[tuple[str, Sequence[int]]]:
    """What a linear layer or fused experts hold, routers too."""
    outside = {id(model.get_input_embeddings().weight)}
    if (head := model.get_output_embeddings()) is not None:
        outside.add(id(head.weight))
    embeddings = {id(one.weight) for one in language_model.modules() if isinstance(one, nn.Embedding)}
    for name, parameter in language_model.named_parameters():
        if parameter.dim() >= 2 and id(parameter) not in outside | embeddings:
            yield name, tuple(parameter.shape)


def _size(shape: Sequence[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def _layer(name: str, shape: Sequence[int]) -> str:
    return f"{re.sub(r'(?<=[.])[0-9]+(?=[.])', 'N', name).removesuffix('.weight')} ({' x '.join(map(str, shape))})"
