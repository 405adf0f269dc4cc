"""How far comparisons moved a number, each with its interval around 0: marks for a page, and a figure for print."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.lines import Line2D

from burnish.report.kinds.answers.tables import shown_groups
from burnish.report.plots import GREEN, GREY, ORANGE, Look, figure, label_axes, legend_below, shortened
from burnish.report.tables import number
from burnish.report.verdicts import NamedVerdict, change_of
from burnish.scores import Direction, Metric, PairedScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 8
"""Rows in a figure."""
_TICKS = 5
_TITLE_WIDTH = 62
"""Characters of a title that a figure is wide."""
_MARGIN = 0.06
"""Of the axis, beyond the farthest interval."""
_LOOKS = {
    "better": Look(GREEN, GREEN, "", "solid", "o"),
    "worse": Look(ORANGE, ORANGE, "", "solid", "s"),
    "undecided": Look(GREY, "white", "", "solid", "D"),
}
"""By verdict."""


class Mark(NamedTuple):
    """One comparison of a number, in the unit of its panel."""

    name: str
    values: str
    """Before and after: "48.2 → 58.4"."""
    change: str
    value: float
    low: float
    high: float
    verdict: str


class Panel(NamedTuple):
    """Marks that share an axis."""

    title: str
    better: Direction
    marks: tuple[Mark, ...]
    low: float
    """Where the axis begins."""
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """The place of a value, in percent of the axis."""
        return 100 * (value - self.low) / (self.high - self.low)


class _ChangeRow(NamedTuple):
    name: str
    metric: Metric
    score: PairedScore


def panels_of(verdicts: Sequence[NamedVerdict]) -> list[Panel]:
    """The deciding number of each comparison; of a single one, that of its groups of questions too."""
    rows = (
        _groups(verdicts[0])
        if len(verdicts) == 1
        else [_ChangeRow(one.name, one.metric, one.score) for one in verdicts]
    )
    kinds: dict[tuple[str, Direction], list[_ChangeRow]] = {}
    for row in rows[:MOST]:
        if None not in _bounds(row.score):
            kinds.setdefault((row.metric.unit, row.metric.better), []).append(row)
    return [_panel(rows) for rows in kinds.values()]


def _groups(verdict: NamedVerdict) -> list[_ChangeRow]:
    """The number over all questions, then by group where there are several."""
    scores = [one for one in verdict.compared.scores if one.metric == verdict.metric.name and not one.distortion]
    shown = shown_groups(scores)
    groups = [one for one in scores if one.level != "all" and (one.level, one.group) in shown and one != verdict.score]
    rows = [(verdict.name, verdict.score), *((one.group, one) for one in groups)]
    return [_ChangeRow(name, verdict.metric, score) for name, score in rows]


def _bounds(score: PairedScore) -> tuple[float | None, float | None, float | None]:
    return score.difference.value, score.difference.low, score.difference.high


def _panel(rows: Sequence[_ChangeRow]) -> Panel:
    titles = dict.fromkeys(row.metric.title for row in rows)
    marks = [_mark(row, named=len(titles) > 1) for row in rows]
    unit = " (points)" if rows[0].metric.unit == "%" else ""
    what = next(iter(titles)) if len(titles) == 1 else "each number"
    return panel_of(f"Change in {what}{unit}", rows[0].metric.better, marks)


def panel_of(title: str, better: Direction, marks: Sequence[Mark]) -> Panel:
    """The marks on an axis that has room for all of their intervals, and for 0."""
    ends = [0.0, *(end for mark in marks for end in (mark.low, mark.high))]
    margin = _MARGIN * ((max(ends) - min(ends)) or 1)
    low, high = min(ends) - margin, max(ends) + margin
    return Panel(title, better, tuple(marks), low, high, _ticks(low, high))


def _mark(row: _ChangeRow, *, named: bool) -> Mark:
    scale = 100 if row.metric.unit == "%" else 1
    value, low, high = (scale * (end or 0.0) for end in _bounds(row.score))
    before, after = (number(side, row.metric).partition(" ")[0] for side in (row.score.before, row.score.after))
    return Mark(
        name=f"{row.metric.title}, {row.name}" if named else row.name,
        values=f"{before} → {after}",
        change=change_of(row.score, row.metric),
        value=value,
        low=low,
        high=high,
        verdict=row.score.verdict,
    )


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Round numbers between both ends, 0 among them: some five."""
    raw = (high - low) / _TICKS
    size = 10.0 ** math.floor(math.log10(raw))
    step = size * next(round_one for round_one in (1, 2, 2.5, 5, 10) if size * round_one >= raw)
    return tuple(round(step * i, 10) for i in range(math.ceil(low / step), math.floor(high / step) + 1))


def changes_figure(panels: Sequence[Panel], *, title: str) -> Figure:
    """The panels below each other; a long title has several lines."""
    lines = textwrap.wrap(title, _TITLE_WIDTH)
    height = 1.2 + 0.25 * len(lines) + sum(0.8 + 0.36 * len(panel.marks) for panel in panels)
    subtitle = "lines are 95 % intervals of the change"
    made, axes = figure("\n".join(lines), subtitle, height=height, panels=len(panels))
    grid = axes[0].get_gridspec()
    assert grid is not None
    grid.set_height_ratios([1 + len(panel.marks) for panel in panels])
    for one, panel in zip(axes, panels, strict=True):
        _draw(one, panel)
    verdicts = list(dict.fromkeys(mark.verdict for panel in panels for mark in panel.marks))
    legend_below(made, verdicts, [_dot(verdict) for verdict in verdicts])
    return made


def _draw(axes: Axes, panel: Panel) -> None:
    axes.axvline(0, color=GREY, linewidth=1)
    for row, mark in enumerate(panel.marks):
        color = _look(mark.verdict).color
        axes.plot([mark.low, mark.high], [row, row], color=color, linewidth=2.2, alpha=0.55)
        axes.add_line(_dot(mark.verdict, [(mark.value, row)]))
    axes.set_yticks(range(len(panel.marks)), [f"{shortened(mark.name)}   {mark.values}" for mark in panel.marks])
    axes.set_ylim(len(panel.marks) - 0.5, -0.5)
    axes.set_xlim(panel.low, panel.high)
    axes.set_xticks(panel.ticks)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    side = {"higher": ", better to the right", "lower": ", better to the left", "neither": ""}[panel.better]
    label_axes(axes, f"{panel.title}{side}", "")


def _dot(verdict: str, at: Sequence[tuple[float, int]] = ()) -> Line2D:
    look = _look(verdict)
    return Line2D(
        [x for x, _ in at],
        [y for _, y in at],
        color=look.color,
        linestyle="none",
        marker=look.marker,
        markersize=7,
        markerfacecolor=look.tint,
        label=verdict,
        clip_on=False,
    )


def _look(verdict: str) -> Look:
    """Higher and lower, of a number without a better side, are drawn as what is undecided."""
    return _LOOKS.get(verdict, _LOOKS["undecided"])
