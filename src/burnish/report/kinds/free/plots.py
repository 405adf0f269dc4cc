"""FIRE-Bench as plots: how many dialogues are right after each turn (figure 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from burnish.report.plots import AFTER, BEFORE, LOOKS, Look, figure, label_axes, legend_below
from burnish.scores import FreeNumbers, FreeScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST_GAP = 4.5
"""Percent between the numbers at the ends of two curves, so that they do not cover each other."""


class Curve(NamedTuple):
    """A student's dialogues, and how they are drawn."""

    label: str
    numbers: FreeNumbers
    look: Look


def accuracy_by_turn(scores: FreeScores) -> Figure:
    """The share of all dialogues that are right by each turn, beside the baseline's."""
    seeds = f", {len(scores.seeds)} seeds" if scores.seeds else ""
    before = [Curve(scores.baseline.name, scores.baseline.numbers, BEFORE)] if scores.baseline else []
    return _by_turn([*before, Curve(scores.name, scores, AFTER)], f"{scores.n:,} dialogues{seeds}")


def accuracies_by_turn(students: Sequence[tuple[str, FreeScores]]) -> Figure:
    """The same of several runs, by name, a line for each."""
    curves = [Curve(name, scores, look) for (name, scores), look in zip(students, LOOKS, strict=False)]
    return _by_turn(curves, f"{len(curves)} students")


def _by_turn(curves: Sequence[Curve], subtitle: str) -> Figure:
    title = "Right answers by turn (FIRE, figure 7)"
    made, (axes,) = figure(title, f"{subtitle}; bands are 95 % intervals", height=4.4)
    for curve in curves:
        _draw(axes, curve)
    _label_ends(axes, curves)
    label_axes(axes, "turn", "right by turn, %")
    axes.set_xticks(range(1, max(len(curve.numbers.accuracy_by_turn) for curve in curves) + 1))
    axes.set_ylim(0, 100)
    legend_below(made, [curve.label for curve in curves])
    return made


def _draw(axes: Axes, curve: Curve) -> None:
    numbers, look = curve.numbers, curve.look
    turns = range(1, len(numbers.accuracy_by_turn) + 1)
    shares = [100 * share for share in numbers.accuracy_by_turn]
    bounds = [numbers.intervals.get(f"accuracy_{turn}") for turn in turns]
    ends = [bound or (share / 100, share / 100) for bound, share in zip(bounds, shares, strict=True)]
    lows, highs = ([100 * end[side] for end in ends] for side in (0, 1))
    axes.fill_between(turns, lows, highs, color=look.color, alpha=0.12, linewidth=0)
    axes.plot(
        turns,
        shares,
        color=look.color,
        linestyle=look.line,
        marker=look.marker,
        linewidth=2.2,
        markersize=6,
        label=curve.label,
        clip_on=False,
        zorder=3,
    )


def _label_ends(axes: Axes, curves: Sequence[Curve]) -> None:
    """Where each curve ends, in percent."""
    place = -_LEAST_GAP
    for curve in sorted(curves, key=lambda curve: curve.numbers.accuracy_by_turn[-1]):
        shares = curve.numbers.accuracy_by_turn
        place = max(100 * shares[-1], place + _LEAST_GAP)
        axes.annotate(
            f"{100 * shares[-1]:.0f}",
            (len(shares), place),
            (9, -4),
            textcoords="offset points",
            color=curve.look.color,
        )
