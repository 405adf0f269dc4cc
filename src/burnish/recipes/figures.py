"""A recipe's figure: dots, curves, turns, heat or a trade-off, in the look of all plots."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from burnish.recipes.recipe import FigureKind, Number, Row
from burnish.recipes.results import RecipeNumbers
from burnish.report.plots import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, figure, label_axes, laid_out, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

COLOURS = (GREY, GREEN, BLUE, ORANGE, PURPLE)
_PANEL_ROW = 0.34
_PANELS_ABREAST = 3
_LABEL_LETTERS = 20
"""In a line below a panel; longer names would run into the next one's."""
_LEVEL_LETTERS = 14
"""Of all ticks of a panel together; with more they are slanted, or they would run into each other."""
_STYLES: Sequence[LineStyleType] = (":", "--", "-", "-.", (0, (5, 1, 1, 1, 1, 1)))
_HEAT, _DARK = "PuOr", 0.6
"""Colors that color-blind eyes tell apart, darker for larger numbers; from this share of the largest, text is white."""
_HEAT_ROW, _HEAT_TEXT = 0.3, 9
_DISC, _LISTED = 11, 0.07
"""A numbered disc's width in points; what a name in the list beside takes of the height."""
_DIRECTIONS = 8
"""In which a disc may be moved."""
_HUNDRED = 100


def draw(measured: RecipeNumbers) -> Figure:
    """The figure that the recipe asks for."""
    return _KINDS[measured.recipe.figure](measured)


def _dots(measured: RecipeNumbers) -> Figure:
    """A panel for each column, in it a row's mean as a dot, and all seeds as a range; the baseline's mean as a line."""
    rows, baseline = measured.recipe.rows, measured.recipe.baseline
    colours = _colours(rows, baseline)
    made, panels = _panels(measured, height=1.6 + _PANEL_ROW * len(rows))
    for i, (axes, column) in enumerate(zip(panels, measured.recipe.drawn, strict=True)):
        for y, row in enumerate(rows):
            _dot(axes, measured, (row.name, column), y=y, color=colours[y])
        before = measured.mean(baseline, column) if baseline else None
        if before is not None:
            axes.axvline(before, color=GREY, linewidth=1, linestyle=":")
        axes.set_yticks(range(len(rows)), [row.name for row in rows] if i % _PANELS_ABREAST == 0 else [""] * len(rows))
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.margins(x=0.12)
        _set_scale(axes, {value for row in rows for value in measured.values[row.name, column] if value is not None})
        label_axes(axes, textwrap.fill(_with_unit(measured, column), _LABEL_LETTERS), "")
    return made


def _with_unit(measured: RecipeNumbers, name: str) -> str:
    """The column's name, with the unit of its number."""
    number = _number_of(measured, name)
    unit = number.unit or ("%" if number.times == _HUNDRED else "")
    return f"{name}, {unit}" if unit else name


def _number_of(measured: RecipeNumbers, name: str) -> Number:
    return next(column.number for column in measured.recipe.columns if column.name == name)


def _set_scale(axes: Axes, known: set[float]) -> None:
    """None where nothing is known; where all rows are alike, one around them instead of one of rounding errors."""
    if not known:
        axes.set_xticks([])
    if len(known) == 1:
        (value,) = known
        axes.set_xlim(value - 1, value + 1)


def _colours(rows: Sequence[Row], baseline: str) -> list[str]:
    """Grey for the baseline and blue for the others; in groups, one for each place in the group."""
    if not rows[0].group:
        return [GREY if row.name == baseline else BLUE for row in rows]
    size = sum(row.group == rows[0].group for row in rows)
    return [COLOURS[y % size % len(COLOURS)] for y in range(len(rows))]


def _dot(axes: Axes, measured: RecipeNumbers, place: tuple[str, str], *, y: int, color: str) -> None:
    known = [value for value in measured.values[place] if value is not None]
    mean = measured.mean(*place)
    if mean is not None:
        axes.plot([min(known), max(known)], [y, y], color=color, linewidth=2.2, alpha=0.55, solid_capstyle="round")
        axes.plot([mean], [y], "o", color=color, markersize=7, zorder=3)


def _curves(measured: RecipeNumbers) -> Figure:
    """A panel for each column: the rows in their order along x, means as a line, all seeds as a band.

    Columns of one number, such as before and after, have one scale.
    """
    rows = [row.name for row in measured.recipe.rows]
    made, panels = _panels(measured, height=3.6)
    for axes, column in zip(panels, measured.recipe.drawn, strict=True):
        places = [(row, column) for row in rows]
        _line(axes, measured, places, color=BLUE, style="-")
        axes.set_xticks(range(len(rows)), rows, rotation=30 if sum(map(len, rows)) > _LEVEL_LETTERS else 0)
        label_axes(axes, "", _with_unit(measured, column))
    of_number: dict[Number, list[Axes]] = {}
    for axes, column in zip(panels, measured.recipe.drawn, strict=True):
        of_number.setdefault(_number_of(measured, column), []).append(axes)
    for alike in of_number.values():
        lows, highs = zip(*(axes.get_ylim() for axes in alike), strict=True)
        for axes in alike:
            axes.set_ylim(min(lows), max(highs))
    return made


def _turns(measured: RecipeNumbers) -> Figure:
    """One panel: the columns in their order along x, a line for each row."""
    recipe = measured.recipe
    made, (axes,) = figure(recipe.title, _subtitle(measured), height=4.2)
    for i, row in enumerate(recipe.rows):
        again, place = divmod(i, len(COLOURS))  # a colour that comes again has the style of the one behind it
        style = _STYLES[(place + again) % len(_STYLES)]
        places = [(row.name, column) for column in recipe.drawn]
        _line(axes, measured, places, color=COLOURS[place], style=style, label=row.name)
    axes.set_xticks(range(len(recipe.drawn)), list(recipe.drawn))
    label_axes(axes, "", recipe.axis)
    legend(axes)
    return made


def _heat(measured: RecipeNumbers) -> Figure:
    """A panel for each group: a field for each row and column, its color by the sign and size of the mean in it."""
    recipe = measured.recipe
    groups = list(dict.fromkeys(row.group for row in recipe.rows))
    deep = len(recipe.rows) // len(groups)
    made, panels = figure(
        recipe.title, _subtitle(measured), height=1.2 + (0.7 + _HEAT_ROW * deep) * len(groups), panels=len(groups)
    )
    means = {(row.name, column): measured.mean(row.name, column) for row in recipe.rows for column in recipe.drawn}
    most = _scale(means, groups) or 1.0
    for axes, group in zip(panels, groups, strict=True):
        rows = [row for row in recipe.rows if row.group == group]
        fields = [[means[row.name, column] for column in recipe.drawn] for row in rows]
        shades = [[math.nan if field is None else field for field in line] for line in fields]
        low, high = _shade_limits(fields, most)
        axes.imshow(shades, cmap=_HEAT, vmin=low, vmax=high, aspect="auto")
        for y, line in enumerate(fields):
            for x, field in enumerate(line):
                dark = field is not None and abs(2 * field - low - high) > _DARK * (high - low)
                color, text = "white" if dark else INK, _signed(field) if low < 0 else _unsigned(field)
                axes.text(x, y, text, ha="center", va="center", fontsize=_HEAT_TEXT, color=color)
        axes.set_yticks(range(len(rows)), [row.name.removeprefix(f"{group}, ") for row in rows])
        axes.set_xticks(range(len(recipe.drawn)), list(recipe.drawn))
        axes.grid(visible=False)
        axes.tick_params(length=0, labelsize=_HEAT_TEXT)
        label_axes(axes, "", group)
    panels[-1].set_xlabel(recipe.axis)
    return made


def _tradeoff(measured: RecipeNumbers) -> Figure:
    """The first drawn column along x, the second along y: a numbered disc at each row's mean, lines through the first
    row's, and the rows' names beside."""
    recipe = measured.recipe
    made, (axes,) = figure(recipe.title, _subtitle(measured), height=4.6)
    across, up = recipe.drawn
    spots = dict[int, tuple[float, float]]()
    for number, row in enumerate(recipe.rows, 1):
        x, y = measured.mean(row.name, across), measured.mean(row.name, up)
        axes.text(1.03, 1 - _LISTED * number, f"{number}  {row.name}", transform=axes.transAxes, fontsize=_HEAT_TEXT)
        if x is None or y is None:
            continue
        spots[number] = (x, y)
        axes.plot([x], [y], ".", color=GREY if number == 1 else BLUE)
        if number == 1:
            axes.axvline(x, color=GREY, linewidth=1, linestyle=":")
            axes.axhline(y, color=GREY, linewidth=1, linestyle=":")
    axes.margins(0.1)
    label_axes(axes, _with_unit(measured, across), _with_unit(measured, up))
    _number(made, axes, spots)
    return made


def _number(made: Figure, axes: Axes, spots: Mapping[int, tuple[float, float]]) -> None:
    """A numbered disc on each spot, or beside it, joined by a line, where another disc is."""
    from matplotlib.transforms import ScaledTranslation

    laid_out(made)  # so that it is known where on the paper the spots are
    inches = [axes.transData.transform(spot) / made.dpi for spot in spots.values()]
    points = [(72 * float(x), 72 * float(y)) for x, y in inches]
    for (number, spot), shift in zip(spots.items(), shifts(points, _DISC), strict=True):
        axes.annotate(
            str(number),
            spot,
            xytext=shift,
            textcoords="offset points",
            color="white",
            fontsize=7,
            ha="center",
            va="center_baseline",
            fontweight="bold",
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
            zorder=4,
        )
        moved = axes.transData + ScaledTranslation(shift[0] / 72, shift[1] / 72, made.dpi_scale_trans)
        color = GREY if number == min(spots) else BLUE
        disc = axes.plot(*spot, "o", color=color, markersize=_DISC, scalex=False, scaley=False)
        disc[0].set(transform=moved, alpha=0.85, zorder=3)


def shifts(spots: Sequence[tuple[float, float]], disc: float) -> list[tuple[float, float]]:
    """By how much to move a disc of this width from each spot, so that none covers an earlier one."""
    rings = [(0.0, 0.0)]
    for ring in range(1, len(spots)):
        turns = [math.tau * turn / _DIRECTIONS for turn in range(_DIRECTIONS)]
        rings += [(disc * ring * math.cos(turn), disc * ring * math.sin(turn)) for turn in turns]
    placed, moves = list[tuple[float, float]](), list[tuple[float, float]]()
    for x, y in spots:
        free = ((dx, dy) for dx, dy in rings if all(math.dist((x + dx, y + dy), one) >= disc for one in placed))
        dx, dy = next(free, (0.0, 0.0))
        placed.append((x + dx, y + dy))
        moves.append((dx, dy))
    return moves


def _scale(means: Mapping[tuple[str, str], float | None], groups: Sequence[str]) -> float:
    """The largest number of the middle panel: one of other sizes, such as shares beside changes, fades no other."""
    largest = [
        max((abs(mean) for (row, _), mean in means.items() if row.startswith(group) and mean is not None), default=0.0)
        for group in groups
    ]
    return statistics.median_high(largest)


def _shade_limits(fields: Sequence[Sequence[float | None]], most: float) -> tuple[float, float]:
    """From minus to plus the scale, and 0 to 100 for shares in percent: a panel whose every number is beyond it."""
    known = [field for line in fields for field in line if field is not None]
    return (0.0, 100.0) if known and min(known) > most else (-most, most)


def _unsigned(mean: float | None) -> str:
    return "–" if mean is None else f"{mean:.1f}"


def _signed(mean: float | None) -> str:
    return "–" if mean is None else f"{round(mean, 1) or 0.0:+.1f}".replace("-", "−")


def _line(
    axes: Axes,
    measured: RecipeNumbers,
    places: list[tuple[str, str]],
    *,
    color: str,
    style: LineStyleType,
    label: str = "",
) -> None:
    """Means of the cells in `places` as a line, the range over seeds as a band; undefined cells are passed over."""
    known = {x: [v for v in measured.values[place] if v is not None] for x, place in enumerate(places)}
    drawn = {x: values for x, values in known.items() if values}
    means = [sum(values) / len(values) for values in drawn.values()]
    lows, highs = [min(values) for values in drawn.values()], [max(values) for values in drawn.values()]
    axes.fill_between(list(drawn), lows, highs, color=color, alpha=0.15, linewidth=0)
    axes.plot(list(drawn), means, "o", linestyle=style, color=color, linewidth=2.2, markersize=6, label=label, zorder=3)


def _panels(measured: RecipeNumbers, height: float) -> tuple[Figure, list[Axes]]:
    count = len(measured.recipe.drawn)
    abreast = min(count, _PANELS_ABREAST)
    deep = -(-count // abreast)
    return figure(measured.recipe.title, _subtitle(measured), height=height * deep, panels=count, columns=abreast)


def _subtitle(measured: RecipeNumbers) -> str:
    scale = "pocket world" if measured.recipe.scale == "pocket" else "real models"
    shown = "these are their means" if measured.recipe.figure in {"heat", "tradeoff"} else "bands are their range"
    fewer = f" ({len(measured.fewer_seeds)} rows: fewer)" if measured.fewer_seeds else ""
    seeds = f"{len(measured.seeds)} seeds{fewer}, {shown}" if len(measured.seeds) > 1 else "one seed"
    return f"{measured.recipe.reference}; {scale}, {seeds}"


_KINDS: Mapping[FigureKind, Callable[[RecipeNumbers], Figure]] = {
    "dots": _dots,
    "curves": _curves,
    "turns": _turns,
    "heat": _heat,
    "tradeoff": _tradeoff,
}
