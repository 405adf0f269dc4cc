"""FIRE-Bench as plots: how many dialogues are right after each turn (figure 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.report.plots import BLUE, GREY, figure, label_axes, legend
from burnish.scores import FreeNumbers, FreeScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def accuracy_by_turn(scores: FreeScores) -> Figure:
    """The share of all dialogues that are right by each turn, beside the baseline's."""
    seeds = f", {len(scores.seeds)} seeds" if scores.seeds else ""
    made, (axes,) = figure(
        "Right answers by turn (FIRE, figure 7)",
        f"{scores.n:,} dialogues{seeds}; bands are 95 % intervals",
        height=4.2,
    )
    if scores.baseline:
        _curve(axes, scores.baseline.numbers, scores.baseline.name, GREY)
    _curve(axes, scores, scores.name, BLUE)
    label_axes(axes, "turn", "right by this turn, %")
    axes.set_xticks(range(1, len(scores.accuracy_by_turn) + 1))
    axes.set_ylim(0, 100)
    legend(axes)
    return made


def _curve(axes: Axes, numbers: FreeNumbers, label: str, color: str) -> None:
    turns = range(1, len(numbers.accuracy_by_turn) + 1)
    shares = [100 * share for share in numbers.accuracy_by_turn]
    bounds = [numbers.intervals.get(f"accuracy_{turn}") for turn in turns]
    ends = [bound or (share / 100, share / 100) for bound, share in zip(bounds, shares, strict=True)]
    axes.fill_between(
        turns, [100 * end[0] for end in ends], [100 * end[1] for end in ends], color=color, alpha=0.15, linewidth=0
    )
    axes.plot(turns, shares, "o-", color=color, linewidth=2.2, markersize=6, label=label, clip_on=False, zorder=3)
    axes.annotate(f"{shares[-1]:.0f}", (turns[-1], shares[-1]), (7, -4), textcoords="offset points", color=color)
