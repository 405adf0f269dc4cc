"""What the steps of a recipe would take, as `burnish run RECIPE --plan` computes it."""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A model or file that the recipe needs and nobody gave."""

    name: str
    what: str
    where: str
    """Where it comes from; empty where the recipe does not say."""


@dataclass(frozen=True, kw_only=True)
class TrainingSizes:
    """What a training holds, by arithmetic; bytes."""

    model: str
    rank: int | None
    """The adapter's; None with `--full`."""
    trainable: int
    """Parameters, in float32."""
    total: int
    """The model's own parameters and the adapter's."""
    weights: int
    """Of the model and its adapter."""
    gradients: int
    optimizer: int
    activations: int
    """An estimate."""
    adapter: int
    """What the training writes: the adapter's file, or with `--full` the model's."""
    checkpoint: int
    """A state to go on from: adapter or model, and optimizer."""
    checkpoints: int
    """How many of these are kept while it trains."""
    steps: int

    @property
    def memory(self) -> int:
        """Of the one device that trains it."""
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """One call of a verb."""

    key: str
    """Its folder's name."""
    name: str
    verb: str
    made: bool
    """Whether it was made before."""
    examples: int
    """At most."""
    replies: int
    """Of the models that are asked, at most."""
    tokens: int
    """Generated in these replies."""
    judge_calls: int
    judge_tokens: int
    hours: float | None
    """On one GPU; None where the model's size is not known, and at pocket scale."""
    training: TrainingSizes | None


@dataclass(frozen=True, kw_only=True)
class RecipePlan:
    """All steps of a recipe, and what they need."""

    recipe: str
    scale: str
    missing: tuple[Missing, ...]
    steps: tuple[StepPlan, ...]
    assumptions: tuple[str, ...]
    """What the numbers rest on, as sentences."""

    @property
    def left(self) -> tuple[StepPlan, ...]:
        """The steps that are not made yet."""
        return tuple(step for step in self.steps if not step.made)

    @property
    def hours(self) -> float | None:
        """On one GPU, of all steps that are left; None where none is known."""
        known = [step.hours for step in self.left if step.hours is not None]
        return sum(known) if known else None
