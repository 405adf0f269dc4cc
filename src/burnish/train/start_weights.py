"""The model as it was before the training, which DPO's reference and self-distillation's weights ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, final

from torch import nn


@final
class StartWeights:
    """The trained weights as they are now, to which the model goes back for a while once they have been trained."""

    def __init__(self, model: nn.Module) -> None:
        self._kept = [(weight, weight.detach().clone()) for weight in model.parameters() if weight.requires_grad]

    @contextmanager
    def worn_by(self, model: nn.Module) -> Iterator[None]:
        """The model is as it was at the start, without dropout, within this; nothing is copied but a pointer."""
        training, trained = model.training, [weight.data for weight, _ in self._kept]
        self._kept = [(weight, start.to(weight.device)) for weight, start in self._kept]
        for weight, start in self._kept:
            weight.data = start
        try:
            model.eval()
            yield
        finally:
            model.train(training)
            for (weight, _), now in zip(self._kept, trained, strict=True):
                weight.data = now


def as_before(model: Any, start: StartWeights | None) -> AbstractContextManager[None]:
    """Within this the model is as it was before the training: with the weights of the start where they were kept, else
    without its adapter."""
    found: AbstractContextManager[None] = start.worn_by(model) if start else model.disable_adapter()
    return found
