"""What a recipe would take, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from burnish.report.plan_tables import size, small_card
from burnish.report.tables import NOTHING, Table
from burnish.scores.recipe_plan import RecipePlan, StepPlan, TrainingSizes


def recipe_plan_tables(plan: RecipePlan) -> list[Table]:
    """What is missing, the steps, and the trainings among them."""
    trainings = [(step.name, step.training) for step in plan.steps if step.training]
    return [
        *([_missing(plan)] if plan.missing else []),
        _steps(plan),
        *([_trainings(trainings)] if trainings else []),
    ]


def _missing(plan: RecipePlan) -> Table:
    return Table(
        title="What is missing",
        columns=("name", "what", "where from"),
        rows=tuple((one.name, one.what, one.where or NOTHING) for one in plan.missing),
        text_columns=frozenset({0, 1, 2}),
        note=f"Give each as --value {plan.missing[0].name}=PLACE, or set BURNISH_{plan.missing[0].name.upper()}.",
    )


def _steps(plan: RecipePlan) -> Table:
    """Steps of one name in one row, and all that is left to make in the last one."""
    ordered = sorted(plan.steps, key=lambda step: [one.name for one in plan.steps].index(step.name))
    rows = [(name, *_row([*steps])) for name, steps in groupby(ordered, key=lambda step: step.name)]
    left = ("all that is left", "", *_row(plan.left)[1:])
    return Table(
        title=f"The steps of {plan.recipe} at {plan.scale} scale",
        columns=("step", "verb", "times", "made", "examples", "replies", "tokens", "judge calls", "GPU-hours"),
        rows=(*rows, left),
        text_columns=frozenset({0, 1}),
        note=" ".join(plan.assumptions),
    )


def _row(steps: Sequence[StepPlan]) -> tuple[str, ...]:
    hours = [step.hours for step in steps if step.hours is not None]
    return (
        steps[0].verb if steps else "",
        f"{len(steps):,}",
        f"{sum(step.made for step in steps):,}",
        *(_count(sum(getattr(step, name) for step in steps)) for name in ("examples", "replies")),
        _count(sum(step.tokens + step.judge_tokens for step in steps)),
        _count(sum(step.judge_calls for step in steps)),
        f"{sum(hours):,.1f}" if hours else NOTHING,
    )


def _count(number: int) -> str:
    return f"{number:,}" if number else NOTHING


def _trainings(trainings: Sequence[tuple[str, TrainingSizes]]) -> Table:
    return Table(
        title="The trainings: parameters, memory of one device, sizes on the disk",
        columns=(
            *("step", "times", "rank", "trained", "in all", "weights", "gradients", "optimizer", "activations"),
            *("memory", "written", "checkpoints"),
        ),
        rows=tuple(_training_rows(trainings)),
        note=small_card(max(one.memory for _, one in trainings)),
    )


def _training_rows(trainings: Sequence[tuple[str, TrainingSizes]]) -> Iterator[tuple[str, ...]]:
    """Those of one step that are as large, in one row."""
    alike: dict[tuple[str, int, int, int], list[TrainingSizes]] = {}
    for name, one in trainings:
        alike.setdefault((name, one.trainable, one.activations, one.checkpoints), []).append(one)
    for (name, *_), ones in alike.items():
        one = ones[0]
        yield (
            name,
            f"{len(ones)}",
            NOTHING if one.rank is None else f"{one.rank:,}",
            f"{one.trainable:,}",
            f"{one.total:,}",
            *map(size, (one.weights, one.gradients, one.optimizer, one.activations, one.memory, one.adapter)),
            f"{one.checkpoints} of {size(one.checkpoint)}, {size(one.checkpoints * one.checkpoint)}",
        )
