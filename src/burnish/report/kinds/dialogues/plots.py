"""Figure 5 of FIRE: six histograms of dialogues, several runs laid side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Patch

from burnish.report.dialogue_stats import HISTOGRAMS, NamedStats
from burnish.report.distribution import Distribution
from burnish.report.plots import LOOKS, Look, figure, label_axes, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _DialoguePanel(NamedTuple):
    """What a histogram shows."""

    letter: str
    axis: str
    of: str


_PANELS = {
    "first_score": _DialoguePanel("a", "first score", "dialogues"),
    "gain_per_turn": _DialoguePanel("b", "improved score per turn", "turns after the first"),
    "gain_per_dialogue": _DialoguePanel("c", "improved score per dialogue", "dialogues"),
    "turns": _DialoguePanel("d", "turns", "dialogues"),
    "response_words": _DialoguePanel("e", "words per response", "responses"),
    "feedback_words": _DialoguePanel("f", "words per feedback", "feedback texts"),
}
_BINS = 30
"""Bins of a length, about."""
_SHOWN = 0.99
"""Share of the texts that the axes of lengths reach; the last bin holds the longer ones too."""
_NAME = 40


def dialogue_histograms(shown: Sequence[NamedStats]) -> Figure:
    """The histograms of one to four runs; each sums to 100 %."""
    made, panels = figure("Scores, turns and lengths of dialogues", _subtitle(shown), 9, 6, 2)
    made.set_layout_engine("constrained", wspace=0.06, hspace=0.03)
    for axes, histogram in zip(panels, HISTOGRAMS, strict=True):
        counted = [getattr(stats, histogram) for _, _, stats in shown]
        (_lengths if histogram.endswith("words") else _bars)(axes, counted)
        panel = _PANELS[histogram]
        label_axes(axes, f"({panel.letter}) {panel.axis}", f"% of {panel.of}")
        axes.grid(visible=False, axis="x")
    if len(shown) > 1:
        handles = [_handle(look) for look, _ in zip(LOOKS, shown, strict=False)]
        labels = [shortened(name) for name, _, _ in shown]
        columns = len(labels) if sum(map(len, labels)) <= _NAME else 2
        made.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=11)
    return made


def _subtitle(shown: Sequence[NamedStats]) -> str:
    total = sum(stats.dialogues for _, _, stats in shown)
    unscored = sum(stats.unscored for _, _, stats in shown)
    without = f", {unscored:,} feedback texts without a score" if unscored else ""
    return f"{total:,} dialogues{without}; the last bin of lengths holds all longer ones"


def _bars(axes: Axes, counted: Sequence[Distribution]) -> None:
    """A bar for each whole number and run."""
    width = 0.84 / len(counted)
    values = {value for one in counted for value in one.rounded()}
    for i, (one, look) in enumerate(zip(counted, LOOKS, strict=False)):
        rounded = one.rounded()
        places = [value + (i + 0.5) * width - 0.42 for value in rounded]
        heights = [100 * times / one.n for times in rounded.values()]
        axes.bar(places, heights, width, facecolor=look.tint, hatch=look.hatch, edgecolor=look.color)
    if values:
        first, last = min(values), max(values)
        axes.set_xlim(first - 0.6, last + 0.6)
        axes.set_xticks(range(first, last + 1, math.ceil((last - first + 1) / 12)))


def _lengths(axes: Axes, counted: Sequence[Distribution]) -> None:
    """Steps for one run, lines through their middles for several."""
    longest = max((one.quantile(_SHOWN) or 0 for one in counted), default=0)
    step = _round_step(longest / _BINS)
    edges = [step * i for i in range(math.ceil((longest + 1) / step) + 1)]
    for one, look in zip(counted, LOOKS, strict=False):
        shares = _shares(one, step, len(edges) - 1)
        if len(counted) == 1:
            axes.stairs(shares, edges, color=look.color, fill=True, alpha=0.25)
            axes.stairs(shares, edges, color=look.color, linewidth=2)
        else:  # steps of several runs would hide each other
            centres = [edge + step / 2 for edge in edges[:-1]]
            axes.plot(centres, shares, color=look.color, linewidth=2, linestyle=look.line)
    axes.set_xlim(0, edges[-1])
    axes.set_ylim(bottom=0)


def _shares(counted: Distribution, step: int, bins: int) -> list[float]:
    """Percent of the values in each bin; the last holds all that lie beyond it, too."""
    shares = [0.0] * bins
    for value, times in counted.counts.items():
        shares[min(int(value // step), bins - 1)] += 100 * times / counted.n
    return shares


def _round_step(least: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size = 1
    while size * 10 < least:
        size *= 10
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= least)


def _handle(look: Look) -> Patch:
    return Patch(facecolor=look.tint, hatch=look.hatch, edgecolor=look.color, linestyle=look.line, linewidth=1.5)
