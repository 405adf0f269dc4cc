"""The curves of trainings over their steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.ticker import MaxNLocator

from burnish.errors import RunError
from burnish.report.kinds.training.log import Log, finite
from burnish.report.plots import LOOKS, Look, figure, label_axes, legend_below, legend_on_top

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class LogCurve(NamedTuple):
    """A line of a panel: a key of the log, and what a person calls it."""

    key: str
    label: str


class _DrawnCurve(NamedTuple):
    """A curve of one training, as it is drawn."""

    log: Log
    key: str
    label: str
    look: Look


PANELS: Mapping[str, Sequence[LogCurve]] = {
    "loss": (LogCurve("loss", "loss"), LogCurve("eval_loss", "held out")),
    "reward": (
        LogCurve("rewards/margins", "margin"),
        LogCurve("rewards/rejected", "rejected"),
        LogCurve("rewards/chosen", "chosen"),
        LogCurve("eval_rewards/margins", "margin, held out"),
    ),
    "accuracy": (
        LogCurve("rewards/accuracies", "reward accuracy"),
        LogCurve("eval_rewards/accuracies", "of held-out pairs"),
    ),
    "token accuracy": (LogCurve("mean_token_accuracy", "token accuracy"),),
    "learning rate": (LogCurve("learning_rate", "learning rate"),),
    "tokens per second": (LogCurve("tokens_per_second", "tokens per second"),),
}
"""Curves by what the vertical axis shows; panels without any data are left out. The first stands for its panel where
several trainings are drawn."""
TERM = "loss/"
"""What the keys of a loss's terms begin with; as many are drawn as can be told apart."""
_MANY = 60
"""Steps from which on a running mean is drawn over the values."""
_WINDOW = 20
"""The running mean is over one step of so many."""
_FEW = 30
"""Steps that are marked each."""
_EXACT = ("learning_rate",)
"""What is planned, not measured: it has nothing to smooth."""


def training_curves(log: Log, title: str) -> Figure:
    """Everything that a training logs, over steps; gaps where a value is not finite."""
    terms = dict.fromkeys(key for line in log for key in line if key.startswith(TERM))
    curves_of = {**PANELS, "loss terms": [LogCurve(key, key.removeprefix(TERM)) for key in terms]}
    panels = {
        name: [
            _DrawnCurve(log, key, label, look)
            for (key, label), look in zip(curves, LOOKS, strict=False)
            if finite(log, key)
        ]
        for name, curves in curves_of.items()
    }
    made = _drawn(panels, title, f"{int(log[-1]['step']):,} steps")
    for axes in made.axes:
        if len(axes.get_legend_handles_labels()[1]) > 1:
            legend_on_top(axes)
    return made


def trainings_curves(logs: Mapping[str, Log]) -> Figure:
    """The first curve of every panel, a line for each training, over the same steps."""
    panels = {
        name: [
            _DrawnCurve(log, curves[0].key, label, look)
            for (label, log), look in zip(logs.items(), LOOKS, strict=False)
            if finite(log, curves[0].key)
        ]
        for name, curves in PANELS.items()
    }
    panels["reward margin"] = panels.pop("reward")
    made = _drawn(panels, "Trainings side by side", f"{len(logs)} trainings")
    legend_below(made, [*logs])
    return made


def _drawn(panels: Mapping[str, Sequence[_DrawnCurve]], title: str, subtitle: str) -> Figure:
    panels = {name: lines for name, lines in panels.items() if lines}
    if not panels:
        raise RunError(f"{title}: nothing to draw, because no step has a finite loss or reward.")
    columns = min(2, len(panels))
    smooth = max(_window(line) for lines in panels.values() for line in lines)
    subtitle += f"; pale: every step, bold: the mean of {smooth} steps" if smooth > 1 else ""
    rows = math.ceil(len(panels) / columns)
    made, all_axes = figure(title, subtitle, height=1.5 + 2.3 * rows, panels=len(panels), columns=columns)
    last = max(line.log[-1]["step"] for lines in panels.values() for line in lines)
    for number, ((name, lines), axes) in enumerate(zip(panels.items(), all_axes, strict=True)):
        for line in lines:
            _draw(axes, line)
        label_axes(axes, "step" if number >= len(panels) - columns else "", name)
        axes.set_xlim(0, 1.02 * last)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        if "accuracy" in name:
            axes.set_ylim(0, 1.02)
    return made


def _draw(axes: Axes, line: _DrawnCurve) -> None:
    steps = [step["step"] for step in line.log if line.key in step]
    values = [step[line.key] if math.isfinite(step[line.key]) else math.nan for step in line.log if line.key in step]
    window = _window(line)
    look = line.look
    if window > 1:
        axes.plot(steps, values, color=look.color, linewidth=1, alpha=0.3)
        values = _running_mean(values, window)
    marker = look.marker if len(steps) < _FEW else ""
    axes.plot(
        steps, values, color=look.color, linestyle=look.line, linewidth=2, marker=marker, markersize=4, label=line.label
    )


def _window(line: _DrawnCurve) -> int:
    """Steps that a running mean is over; 1 for few steps, which are shown as they are."""
    steps = len(finite(line.log, line.key))
    return steps // _WINDOW if steps >= _MANY and line.key not in _EXACT else 1


def _running_mean(values: Sequence[float], window: int) -> list[float]:
    """Over the steps around each one, as many as there are at the ends; gaps stay gaps."""
    half = window // 2
    means = []
    for place, value in enumerate(values):
        around = [one for one in values[max(0, place - half) : place + half + 1] if math.isfinite(one)]
        means.append(sum(around) / len(around) if math.isfinite(value) else math.nan)
    return means
