"""What a training would take, as tables."""

from __future__ import annotations

from burnish.report.tables import NOTHING, Table
from burnish.scores.plan import TrainingPlan

_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
SMALL_CARD = 24_000_000_000
"""Bytes."""
_MINUTE, _HOUR = 60, 3600


def plan_tables(plan: TrainingPlan) -> list[Table]:
    """Parameters and time, memory, and what comes to lie on the disk."""
    memory = plan.memory
    share = 100 * plan.trainable / plan.total
    return [
        Table(
            title="The training",
            columns=("", "value"),
            rows=(
                *((name.replace("_", " "), f"{n:,}") for name, n in plan.data.items() if isinstance(n, int) and n),
                ("parameters", f"{plan.total:,}"),
                ("of these trained", f"{plan.trainable:,} ({share:.2g} %)"),
                ("optimizer steps", f"{plan.steps:,}"),
                ("time of a step", duration(plan.seconds_per_step)),
                ("time of all", duration(plan.steps * plan.seconds_per_step)),
            ),
            note=f"The median of {plan.timed} steps on one device ({plan.device}). N devices take an Nth, at best.",
        ),
        Table(
            title="Memory of the device",
            columns=("", "value"),
            rows=(
                ("weights", size(memory.weights)),
                ("gradients", size(memory.gradients)),
                ("optimizer", size(memory.optimizer)),
                ("activations and the rest", size(memory.activations)),
                ("peak", size(memory.peak)),
            ),
            note="Of the steps that were measured: longer sequences take more. On a CPU, of the whole process. "
            + small_card(memory.peak or 0),
        ),
        Table(
            title="On the disk",
            columns=("", "value"),
            rows=(
                ("the adapter, or with --full the model", size(plan.adapter)),
                ("checkpoints while it trains", f"{plan.checkpoints} of {size(plan.checkpoint)}"),
            ),
        ),
    ]


def small_card(memory: int) -> str:
    """What makes a training fit into a small card, where it does not; empty where it does."""
    if memory <= SMALL_CARD:
        return ""
    return "On one card of 24 GB: --lora-rank 64 --per-device 1 --activation-checkpointing (models of 7B or 8B)."


def size(count: int | None) -> str:
    """ "41 GB", in powers of 1,000 as disks are sold."""
    if count is None:
        return NOTHING
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < _THOUSAND or unit == _UNITS[-1]:
            break
        value /= _THOUSAND
    return f"{value:.3g} {unit}"


def duration(seconds: float) -> str:
    """ "3.2 hours", "12 minutes" or "1.5 seconds"."""
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:.1f} hours"
    return f"{seconds / _MINUTE:.1f} minutes" if seconds >= _MINUTE else f"{seconds:.2g} seconds"
