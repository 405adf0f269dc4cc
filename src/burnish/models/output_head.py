"""A model's scores of the next token where they are wanted alone: the output head is the dearest of a model's layers.

Some models take `logits_to_keep` for it, older versions of transformers only as a number, some models not at all. Here
the head itself is given fewer hidden states: whatever a model does with its logits, it does with those.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from burnish.errors import ModelError


@contextmanager
def predicting(model: nn.Module, places_ST: Tensor) -> Iterator[None]:
    """Within it `model` gives logits (1, P, V) for the P places that are true, row by row, and for no others.

    Raises ModelError for a model that does not call a head of its own.
    """
    head, called = _head(model), False

    def choose(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        nonlocal called
        called = True
        hidden_STD, *others = inputs
        return hidden_STD[places_ST.to(hidden_STD.device)][None], *others

    hook = head.register_forward_pre_hook(choose)
    try:
        yield
    finally:
        hook.remove()
    if not called:
        raise ModelError("The model computes its logits without its output head, so Burnish cannot train it.")


def _head(model: nn.Module) -> nn.Module:
    """The output head of the model, whatever is wrapped around that."""
    for module in model.modules():
        if isinstance(module, PreTrainedModel) and isinstance(head := module.get_output_embeddings(), nn.Module):
            return head
    raise ModelError("The model has no output head, so it cannot say how likely answers are.")
