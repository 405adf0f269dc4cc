"""The curves of a training, read from the log that it leaves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from burnish.errors import RunError
from burnish.report.plots import BLUE, GREEN, ORANGE, figure, label_axes, legend
from burnish.report.tables import NOTHING, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOG = "log.jsonl"
Log = Sequence[Mapping[str, float]]
"""One mapping a step, with TRL's names: "step", "loss", "rewards/margins" …"""


class Curve(NamedTuple):
    """A line of a panel: a key of the log, and what a person calls it."""

    key: str
    label: str
    color: str


PANELS: Mapping[str, Sequence[Curve]] = {
    "loss": (Curve("loss", "loss", BLUE), Curve("eval_loss", "held out", ORANGE)),
    "reward": (
        Curve("rewards/margins", "margin", BLUE),
        Curve("rewards/chosen", "chosen", GREEN),
        Curve("rewards/rejected", "rejected", ORANGE),
    ),
    "accuracy": (Curve("rewards/accuracies", "chosen rewarded above rejected", BLUE),),
    "token accuracy": (Curve("mean_token_accuracy", "next token right", BLUE),),
}
"""Curves by what the vertical axis shows; panels without any data are left out."""


def read_log(path: Path) -> list[dict[str, float]]:
    """The steps of a log. A last line that a kill tore is left out; any other damage is a RunError."""
    steps: list[dict[str, float]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True), start=1):
        if not line.endswith("\n"):
            break
        try:
            step = json.loads(line)
        except ValueError as error:
            raise RunError(f"{path}, line {number}, is no JSON: {error}.") from error
        if not isinstance(step, dict) or not isinstance(step.get("step"), int | float):
            raise RunError(f"{path}, line {number}, has no `step`: it is not a log of `burnish train`.")
        steps.append({key: float(value) for key, value in step.items() if isinstance(value, int | float)})
    if not steps:
        raise RunError(f"{path} holds no step yet: wait for the training's first one.")
    return steps


def training_curves(log: Log, title: str) -> Figure:
    """Loss, rewards and accuracy over steps; gaps where a value is not finite."""
    panels = {name: [c for c in curves if _points(log, c.key)] for name, curves in PANELS.items()}
    panels = {name: curves for name, curves in panels.items() if curves}
    if not panels:
        raise RunError(f"{title} logged nothing to draw: none of its steps has a finite loss or reward.")
    subtitle = f"{int(log[-1]['step']):,} steps"
    made, all_axes = figure(title, subtitle, height=1.0 + 2.3 * len(panels), panels=len(panels))
    for (name, curves), axes in zip(panels.items(), all_axes, strict=True):
        for curve in curves:
            steps = [line["step"] for line in log if curve.key in line]
            values = [_finite(line[curve.key]) for line in log if curve.key in line]
            marker = "o" if len(_points(log, curve.key)) < 30 else ""
            axes.plot(steps, values, color=curve.color, linewidth=1.8, marker=marker, markersize=4, label=curve.label)
        label_axes(axes, "step" if axes is all_axes[-1] else "", name)
        if "accuracy" in name:
            axes.set_ylim(0, 1.02)
        if len(curves) > 1 or curves[0].label != name:
            legend(axes)
    return made


def training_table(log: Log) -> Table:
    """The first and the last value of every number in the log."""
    keys = dict.fromkeys(key for line in log for key in line if key not in ("step", "epoch"))
    rows = []
    for key in keys:
        points = _points(log, key)
        ends = (f"{points[0]:.4g}", f"{points[-1]:.4g}") if points else (NOTHING, NOTHING)
        rows.append((key, *ends))
    return Table(
        title=f"Training, {int(log[-1]['step']):,} steps", columns=("", "first step", "last step"), rows=tuple(rows)
    )


def _points(log: Log, key: str) -> list[float]:
    return [line[key] for line in log if key in line and math.isfinite(line[key])]


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
