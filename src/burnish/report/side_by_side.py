"""Runs side by side: tables with a row for each run and the best of a column in bold, as the papers have them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from burnish.report.plots import LOOKS, Series, dot_plot, radar_plot, shortened
from burnish.report.standard_tables import notes
from burnish.report.tables import ARROWS, NOTHING, Table, number
from burnish.scores import BETTER, Bounds, Estimate, Metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_DRAWN = len(LOOKS)
SPOKES = 5
"""Numbers from which on a radar shows a shape."""
BEST = (
    "Bold: the best of its column, ties too. `burnish compare` says whether a difference between two is more than "
    "chance."
)
MARGINS = "± is the 95 % interval; questions about one picture count as related."


class RunNumbers(NamedTuple):
    """A run's numbers, by their metric's name; what it lacks is not there."""

    name: str
    numbers: Mapping[str, Estimate]


def column(name: str, title: str, unit: Literal["%", "points"] = "points", *, like: str = "") -> Metric:
    """A column; `like` is the name of the number in it, where the column's own is longer."""
    return Metric(name=name, title=title, family="", unit=unit, interval="bootstrap", better=BETTER[like or name])


def estimate(value: float | None, bounds: Bounds | None, n: int, *, of: float = 1.0) -> Estimate:
    """A number of a result as an estimate; `of` is what it counts as 1 (100 for percent, so that they are shares)."""
    low, high = bounds or (None, None)
    low, high = (None if end is None else end / of for end in (low, high))
    return Estimate(value=None if value is None else value / of, low=low, high=high, n=n)


def versus_table(
    title: str, columns: Sequence[Metric], rows: Sequence[RunNumbers], *, comparable: Collection[str], note: str = ""
) -> Table:
    """The numbers of every run; the best in bold, in the columns that are `comparable`."""
    shown = [[row.numbers.get(metric.name) for row in rows] for metric in columns]
    best = {
        (row, 1 + place)
        for place, (metric, estimates) in enumerate(zip(columns, shown, strict=True))
        if metric.name in comparable
        for row in _best(metric, estimates)
    }
    cells = zip(*([_cell(one, metric) for one in of] for of, metric in zip(shown, columns, strict=True)), strict=True)
    return Table(
        title=title,
        columns=("", *(_heading(metric) for metric in columns)),
        rows=tuple((shortened(row.name), *numbers) for row, numbers in zip(rows, cells, strict=True)),
        note=notes(BEST if best else "", note),
        best=frozenset(best),
    )


def _heading(metric: Metric) -> str:
    return f"{metric.title}{' %' if metric.unit == '%' else ''} {ARROWS[metric.better]}".rstrip()


def _cell(estimate: Estimate | None, metric: Metric) -> str:
    return NOTHING if estimate is None else number(estimate, metric)


def _best(metric: Metric, estimates: Sequence[Estimate | None]) -> list[int]:
    """The rows with the best number, as it is shown: what looks equal is equal. None where there is nothing to win."""
    shown = {
        row: float(number(Estimate(value=one.value, low=None, high=None, n=one.n), metric))
        for row, one in enumerate(estimates)
        if one is not None and one.value is not None
    }
    if len(set(shown.values())) < 2 or metric.better == "neither":
        return []
    best = (min if metric.better == "lower" else max)(shown.values())
    return [row for row, value in shown.items() if value == best]


def asked_note(rows: Sequence[RunNumbers], metric: str, what: str = "questions") -> str:
    """Over how many questions each row is; once where all have as many."""
    counts = [row.numbers[metric].n if metric in row.numbers else 0 for row in rows]
    if len(set(counts)) == 1:
        return f"{counts[0]:,} {what} each."
    each = ", ".join(f"{shortened(row.name)} {n:,}" for row, n in zip(rows, counts, strict=True))
    return f"{what.capitalize()}: {each}."


def drawn_note(names: Sequence[str]) -> str:
    """Which runs the figures show, where not all."""
    if len(names) <= MOST_DRAWN:
        return ""
    return f"The figures show the first {MOST_DRAWN} of {len(names)} runs: {', '.join(names[:MOST_DRAWN])}."


def versus_figures(
    name: str, columns: Sequence[Metric], rows: Sequence[RunNumbers], *, title: str, axis: str
) -> dict[str, Figure]:
    """Dots with intervals, and a radar where there are enough shares to give a shape, of the first runs.

    All columns are of one kind; `axis` says of which.
    """
    drawn = rows[:MOST_DRAWN]
    series = [Series(row.name, [row.numbers.get(metric.name) for metric in columns]) for row in drawn]
    labels = [metric.title for metric in columns]
    unit = columns[0].unit
    axis = f"{axis}{' %' if unit == '%' else ''} {ARROWS[columns[0].better]}".rstrip()
    subtitle = f"{len(drawn)} runs; lines are 95 % intervals"
    figures = {name: dot_plot(labels, series, title=title, subtitle=subtitle, axis=axis, unit=unit)}
    if unit == "%" and len(columns) >= SPOKES:
        around = f"{len(drawn)} runs; {axis}, from 0 in the middle to 100"
        figures[f"{name}-radar"] = radar_plot(labels, series, title=title, subtitle=around)
    return figures
