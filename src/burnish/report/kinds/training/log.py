"""What a training logged: step by step, and where it began and ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from burnish.errors import RunError
from burnish.jsons import read_json
from burnish.report.tables import Table

LOG = "log.jsonl"
Log = Sequence[Mapping[str, float]]
"""One mapping per step, with TRL's names: "step", "loss", "rewards/margins" …"""
FIRST: Mapping[str, str] = {
    "loss": "loss",
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "eval_rewards/margins": "held-out margin",
    "eval_rewards/accuracies": "held-out accuracy",
}
"""What a person asks for first, by the names of the log, and what it is called."""


def read_log(path: Path) -> list[dict[str, float]]:
    """The steps of a log. A last line that a kill tore is left out; any other damage is a RunError."""
    steps: list[dict[str, float]] = []
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            break
        try:
            step = read_json(line)
        except ValueError as error:
            raise RunError(f"{path}, line {number}, is not JSON: {error}.") from error
        if not isinstance(step, dict) or not isinstance(step.get("step"), int | float):
            raise RunError(f"{path}, line {number}, has no `step`: it is not a log of `burnish train`.")
        steps.append({key: float(value) for key, value in step.items() if isinstance(value, int | float)})
    if not steps:
        raise RunError(f"{path} holds no step yet: wait for the training's first one.")
    return steps


def training_table(log: Log) -> Table:
    """The first and the last value of every number in the log, also where that is NaN or infinite."""
    keys = dict.fromkeys(key for line in log for key in line if key not in ("step", "epoch"))
    rows = []
    for key in keys:
        values = [line[key] for line in log if key in line]
        rows.append((key, short_number(values[0]), short_number(values[-1])))
    return Table(
        title=f"Training, {int(log[-1]['step']):,} steps", columns=("", "first step", "last step"), rows=tuple(rows)
    )


def short_number(value: float) -> str:
    """Four digits, or all of a large number."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def finite(log: Log, key: str) -> list[float]:
    """The finite values of a key, in their order: what can be drawn."""
    return [line[key] for line in log if key in line and math.isfinite(line[key])]
