"""How long chosen and rejected answers are (compare figure 5 of SeVa)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from burnish.report.kinds.pairs.summary import PairsSummary
from burnish.report.plots import LOOKS, figure, label_axes, legend_below

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 40
"""At most; answers of up to as many tokens have a bin for each length."""


def answer_lengths(summary: PairsSummary) -> Figure:
    """Histogram of lengths in tokens, or in words where the backend tells no tokens; each kind sums to 100 %."""
    in_tokens = summary.chosen.tokens.n > 0
    unit = "tokens" if in_tokens else "words"
    kinds = [
        (name, answers.tokens if in_tokens else answers.words, look)
        for (name, answers), look in zip(
            (("chosen", summary.chosen), ("rejected", summary.rejected)), LOOKS, strict=False
        )
    ]
    longest = int(max(max(lengths.counts, default=0) for _, lengths, _ in kinds))
    step = max(1, math.ceil((longest + 1) / BINS))
    edges = [start - 0.5 for start in range(0, longest + 1 + step, step)]
    made, (axes,) = figure("Length of chosen and rejected answers", f"{summary.kept:,} preference pairs", height=4)
    for name, lengths, look in kinds:
        values = sorted(lengths.counts)
        weights = [100 * lengths.counts[value] / lengths.n for value in values]
        label = f"{name}: median {lengths.median:g}, mean {lengths.mean:.1f} {unit}" if lengths.n else name
        axes.hist(values, bins=edges, weights=weights, color=look.color, alpha=0.2, histtype="stepfilled")
        outline: dict[str, Any] = {"color": look.color, "linestyle": look.line, "linewidth": 2, "label": label}
        axes.hist(values, bins=edges, weights=weights, histtype="step", **outline)
    label_axes(axes, f"length of an answer, {unit}", "share of answers, %")
    axes.set_xlim(left=-0.5 if longest < BINS else 0)
    legend_below(made, axes.get_legend_handles_labels()[1])
    return made
