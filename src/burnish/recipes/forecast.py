"""What a recipe would take, from its steps alone: `burnish run RECIPE --plan`, which makes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.lazy import load
from burnish.recipes.amounts import Amount, count
from burnish.recipes.plan import DONE, STAND_IN, Plan, Planned
from burnish.recipes.recipe import Recipe, Values
from burnish.scores.recipe_plan import HOUR, Missing, RecipePlan, StepPlan, TrainingSizes

if TYPE_CHECKING:
    from burnish.train.sizes import Skeleton

REPLY, PROMPT = 100, 650
"""Tokens of a reply, and of a picture with its question, where the recipe says nothing."""
GENERATED, GENERATED_BY = 2_000, 7e9
"""Tokens a second that one GPU generates in batches, and the parameters of the model that does; smaller ones are as
much faster."""
FLOPS = 8e13
"""What a GPU does a second: LLaVA-1.5's authors give 10 hours on 8 A100 for 665,000 examples and 7B parameters, a
quarter of what the card can do."""
_ASKED = ("model", "student", "teacher")
"""Flags that name who is asked or trained."""
PER_PARAMETER = 2
"""Operations per token and parameter in a forward pass; backward, as many for activations and for what is trained."""


def forecast(recipe: Recipe, plan: Plan, given: Values, work: Path) -> RecipePlan:
    """What is missing, and what each step would take. Raises a BurnishError for what cannot be counted."""
    amounts = count(recipe, plan)
    models = _Models(recipe, given)
    return RecipePlan(
        recipe=recipe.name,
        scale=recipe.scale,
        missing=tuple(_missing(recipe, plan)),
        steps=tuple(_step(step, amounts[key], models, work) for key, step in plan.steps.items()),
        assumptions=tuple(_assumptions(recipe)),
    )


def _missing(recipe: Recipe, plan: Plan) -> Iterator[Missing]:
    """In the order in which the recipe names them."""
    flags = " ".join(str(step.flags) for step in plan.steps.values())
    for name, what in {**recipe.models, **recipe.files}.items():
        if STAND_IN.format(name) in flags:
            yield Missing(name=name, what=what, where=" ".join(str(recipe.ahead.places.get(name, "")).split()))


@dataclass(frozen=True)
class _Models:
    """The models of a recipe without their weights, each built once."""

    recipe: Recipe
    given: Values
    built: dict[str, Skeleton | None] = field(default_factory=dict)

    def skeleton(self, name: str) -> Skeleton | None:
        """None for a model of unknown size, such as one at an endpoint."""
        if name not in self.built:
            self.built[name] = self._build(name)
        return self.built[name]

    def _build(self, name: str) -> Skeleton | None:
        from burnish.train.sizes import skeleton

        if name.startswith(("http://", "https://")) or name in ("oracle", "fool"):
            return None
        shape = self.recipe.ahead.shapes.get(self._role(name))
        return skeleton(name, shape)

    def _role(self, name: str) -> str:
        """What the recipe calls the model."""
        missing = re.fullmatch(STAND_IN.format(r"(\w+)"), name)
        return missing[1] if missing else next((r for r in self.recipe.models if self.given.get(r) == name), "")

    def prompt(self, name: str) -> int:
        """Tokens of a picture with its question."""
        return self.recipe.ahead.prompt.get(self._role(name), PROMPT)


def _step(step: Planned, amount: Amount, models: _Models, work: Path) -> StepPlan:
    config = step.config()
    reply = min(models.recipe.ahead.tokens.get(step.name, REPLY), getattr(config, "max_new_tokens", None) or REPLY)
    name = next((one for one in (getattr(config, role, None) for role in _ASKED) if one), "")
    prompt = models.prompt(name)
    trains = isinstance(config, load("burnish.train.config:TrainConfig"))
    base = models.skeleton(name) if amount.replies or trains else None
    training = _training(base, config, amount.examples, prompt + 2 * reply) if base and trains else None
    hours = None
    if base and models.recipe.scale == "paper":
        hours = (_asking(base, amount.replies, prompt, reply) + _stepping(training, config, prompt + 2 * reply)) / HOUR
    return StepPlan(
        key=step.key,
        name=step.name,
        verb=step.verb,
        made=(work / step.key / DONE).exists(),
        examples=amount.examples,
        replies=amount.replies,
        tokens=amount.replies * reply,
        judge_calls=amount.judged,
        judge_tokens=amount.judged * reply,
        hours=hours,
        training=training,
    )


def _training(base: Skeleton, config: Any, examples: int, sequence: int) -> TrainingSizes:
    from burnish.train.sizes import training_sizes

    return training_sizes(base, config, examples=examples, sequence=sequence)


def _asking(base: Skeleton, replies: int, prompt: int, reply: int) -> float:
    """Seconds of one GPU: pictures and questions are read, replies are generated."""
    read = prompt * PER_PARAMETER * base.parameters / FLOPS
    written = reply * base.parameters / GENERATED_BY / GENERATED
    return replies * (read + written)


def _stepping(training: TrainingSizes | None, config: Any, sequence: int) -> float:
    """Seconds of one GPU: every step goes forward and backward; DPO asks the reference model too."""
    if training is None:
        return 0.0
    passes = 3 if hasattr(config, "beta") else 2
    operations = PER_PARAMETER * (passes * training.total + training.trainable)
    examples: int = training.steps * config.batch_size
    return examples * sequence * operations / FLOPS


def _assumptions(recipe: Recipe) -> Iterator[str]:
    yield (
        "Examples, replies and tokens are upper ends: no pair is dropped, dialogues take all their turns, and a file "
        "that is missing has as many examples as its authors published."
    )
    replies = ", ".join(f"{name} {n}" for name, n in recipe.ahead.tokens.items())
    yield f"Tokens of a reply: {REPLY}, or the longest that is allowed" + (f"; {replies}." if replies else ".")
    if recipe.scale == "paper":
        yield (
            f"Hours: one GPU generates {GENERATED:,} tokens a second with 7B parameters, in batches, and does "
            f"{FLOPS / 1e12:.0f} trillion operations a second where it reads or trains: LLaVA-1.5's own 80 hours of "
            "A100 for 665,000 examples come to that. The judge's hours are not included."
        )
    yield (
        "Memory: the model in bfloat16, what is trained in float32 with AdamW's moments, activations by arithmetic. "
        "`burnish train … --plan` measures them."
    )
