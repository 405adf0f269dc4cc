"""What a training would take, as `--plan` of the verbs that train measures it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.records import Json

_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes on the one device that the steps ran on."""

    weights: int
    gradients: int
    optimizer: int
    activations: int | None
    """The rest of the peak: activations, pictures and what the libraries hold; None where no peak can be read."""

    @property
    def peak(self) -> int | None:
        """All of it."""
        return None if self.activations is None else self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What one training takes on one device."""

    device: str
    data: Mapping[str, Json]
    """What there is to train on, and what was left out."""
    trainable: int
    """Parameters."""
    total: int
    memory: Memory
    adapter: int
    """Bytes of what it writes: the adapter's file, or with `--full` the model's."""
    checkpoint: int
    """Bytes of a state to go on from: adapter or model, and optimiser."""
    checkpoints: int
    """How many of these are kept while it trains."""
    steps: int
    seconds_per_step: float
    """The median of the timed ones."""
    timed: int

    @property
    def hours(self) -> float:
        """For all steps."""
        return self.steps * self.seconds_per_step / _HOUR
