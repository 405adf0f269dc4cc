"""A model's scores of the next token where they are wanted alone: the output head is the dearest of a model's layers.

Some models take `logits_to_keep` for it, older versions of transformers only as a number, some models not at all. Here
the head itself is given fewer hidden states: whatever a model does with its logits, it does with those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from burnish.errors import ModelError


@dataclass(slots=True)
class Seen:
    """What an output head was given, and what it made of the first of it."""

    hidden_PD: Tensor | None = None
    """Hidden states of the P places."""
    logits: Tensor | None = None
    """The head's own, (1, 1, V)."""


@contextmanager
def predicting(model: nn.Module, places_ST: Tensor) -> Iterator[None]:
    """Within it `model` gives logits (1, P, V) for the P places that are true, row by row, and for no others.

    Raises ModelError for a model that does not call a head of its own.
    """
    with _given(model, lambda hidden_STD: hidden_STD[places_ST.to(hidden_STD.device)][None]):
        yield


@contextmanager
def hidden_states(model: nn.Module, places_ST: Tensor) -> Iterator[Seen]:
    """Within it `model` gives logits (1, 1, V) for the first of the P places alone; the hidden states of all are seen.

    Raises ModelError for a model that does not call a head of its own.
    """
    seen = Seen()

    def keep(hidden_STD: Tensor) -> Tensor:
        seen.hidden_PD = hidden_STD[places_ST.to(hidden_STD.device)]
        return seen.hidden_PD[None, :1]

    def see(_: nn.Module, __: tuple[Any, ...], logits: Tensor) -> None:
        seen.logits = logits

    hook = output_head(model).register_forward_hook(see)
    try:
        with _given(model, keep):
            yield seen
    finally:
        hook.remove()


@contextmanager
def _given(model: nn.Module, choose: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Within it the model's head is given what `choose` makes of the hidden states (S, T, D)."""
    called = False

    def chosen(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        nonlocal called
        called = True
        hidden_STD, *others = inputs
        return choose(hidden_STD), *others

    hook = output_head(model).register_forward_pre_hook(chosen)
    try:
        yield
    finally:
        hook.remove()
    if not called:
        raise ModelError("The model computes its logits without its output head, so Burnish cannot train it.")


def output_head(model: nn.Module) -> nn.Module:
    """The output head of the model, whatever is wrapped around that."""
    for module in model.modules():
        if isinstance(module, PreTrainedModel) and isinstance(head := module.get_output_embeddings(), nn.Module):
            return head
    raise ModelError("The model has no output head, so it cannot say how likely answers are.")
