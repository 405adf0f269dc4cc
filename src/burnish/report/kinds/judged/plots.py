"""What judged benchmarks found, as plots: SeVa's figure 5, who wins and how long answers are."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from burnish.report.plots import GREY, INK, LOOKS, Series, dot_plot, figure, label_axes
from burnish.report.standard_tables import short
from burnish.report.trust import short_trust
from burnish.scores import Estimate, LengthScores, PairwiseJudged, PairwisePair

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME = 18


@singledispatch
def judged_plots(_scores: object) -> dict[str, Figure]:
    """The figures by file name; a benchmark that is not here has none."""
    return {}


@judged_plots.register
def _(scores: PairwiseJudged) -> dict[str, Figure]:
    read = [pair for pair in scores.pairs if pair.n]
    plots = {"lengths": _lengths(scores)}
    return {"pairs": _pairs(scores, read), **plots} if read else plots


def _pairs(scores: PairwiseJudged, pairs: list[PairwisePair]) -> Figure:
    """Won, tied and lost of each pair, as shares of its questions."""
    made, (axes,) = figure(
        "Answers in pairs (SeVa, figure 5)",
        f"judged by {short(scores.judging.judge, 50)} in both orders{_trusted(scores)}",
        height=1.7 + 0.42 * len(pairs),
    )
    left = [0.0] * len(pairs)
    won, lost = LOOKS[:2]
    for label, fill, edge, ink, counts in (
        ("won", won.tint, won.color, "white", [pair.wins for pair in pairs]),
        ("tie", "white", GREY, GREY, [pair.ties for pair in pairs]),
        ("lost", lost.tint, lost.color, INK, [pair.losses for pair in pairs]),
    ):
        widths = [100 * count / pair.n for count, pair in zip(counts, pairs, strict=True)]
        bars = axes.barh(range(len(pairs)), widths, left=left, facecolor=fill, edgecolor=edge, height=0.7, label=label)
        axes.bar_label(bars, [str(count) if count else "" for count in counts], label_type="center", color=ink)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    _name_rows(axes, [f"{short(pair.a, _NAME)} against {short(pair.b, _NAME)}" for pair in pairs])
    made.legend(loc="outside lower right", ncols=3, frameon=False)
    return made


def _trusted(scores: PairwiseJudged) -> str:
    doubt = short_trust(scores.judging)
    return f", {doubt}" if doubt else ""


def _name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.grid(visible=False, axis="y")
    label_axes(axes, "questions, %", "")


def _lengths(scores: PairwiseJudged) -> Figure:
    return dot_plot(
        [short(name, _NAME) for name in scores.lengths],
        [Series("", [_estimate(one) for one in scores.lengths.values()])],
        title="Lengths of the answers (SeVa, figure 5)",
        subtitle="means; lines are 95 % intervals",
        axis=scores.tokens,
        unit="tokens",
    )


def _estimate(lengths: LengthScores) -> Estimate:
    low, high = lengths.interval or (None, None)
    return Estimate(value=lengths.mean, low=low, high=high, n=lengths.n)
