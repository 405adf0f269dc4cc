"""The look of plots: one palette, one type size, readable from the back of a room and by colour-blind eyes.

Series differ by shape, line and hatch as well as by colour, so that they are told apart in grey. matplotlib is used
without pyplot, so that no window system and no global state is touched.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from weakref import WeakKeyDictionary, WeakSet

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from burnish.scores import Estimate

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.projections.polar import PolarAxes

# Okabe and Ito's palette, which stays distinct to colour-blind eyes.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY = "#6B6B6B"
SLATE = "#4D4D4D"  # a lighter grey is that green to eyes without green cones
INK, RULE = "#1F2328", "#E3E3E3"
DPI = 300
"""Of PNG files, for print."""
_WIDTH = 7.5
_TITLE, _TEXT = 14, 11
_LONGEST_NAME = 40
_LAID_OUT: WeakSet[Figure] = WeakSet()
_LINES: WeakKeyDictionary[Figure, bytes] = WeakKeyDictionary()
"""SVG of figures that were drawn: a page and its files show the same."""


_SPREAD = 0.6
"""Of the height of a row, between its first series and its last."""


class Look(NamedTuple):
    """How a series is drawn."""

    color: str
    tint: str
    """Colour inside its bars."""
    hatch: str
    line: Literal["solid", "dashed", "dashdot", "dotted"]
    marker: str


LOOKS = (
    Look(BLUE, BLUE, "", "solid", "o"),
    Look(ORANGE, "#F5C9AB", "", "dashed", "s"),
    Look(GREEN, "white", "/////", "dashdot", "^"),
    Look(SLATE, "white", "....", "dotted", "D"),
)
"""As many series as can be told apart in one plot."""
BEFORE, AFTER = LOOKS[3], LOOKS[0]


class Series(NamedTuple):
    """Estimates of one model, one for each row of a plot; None where it has none."""

    label: str
    estimates: Sequence[Estimate | None]
    look: Look | None = None
    """Without it, the next of `LOOKS`."""


def figure(
    title: str, subtitle: str, height: float, panels: int = 1, columns: int = 1, *, projection: str | None = None
) -> tuple[Figure, list[Axes]]:
    """An empty figure of `panels` plots in rows of `columns`, `height` inches high in all."""
    made = Figure(figsize=(_WIDTH, height), layout="constrained", facecolor="white")
    made.suptitle(title, x=0.012, ha="left", fontsize=_TITLE, fontweight="bold", color=INK)
    axes = [made.add_subplot(-(-panels // columns), columns, 1 + i, projection=projection) for i in range(panels)]
    gap = 34 if projection == "polar" else 7  # points, for what stands around a circle
    axes[0].set_title(" ", fontsize=_TEXT - 1, pad=gap)  # keeps the subtitle's line free
    axes[0].annotate(
        subtitle,
        xy=(0.012, 1),
        xycoords=("figure fraction", "axes fraction"),
        xytext=(0, gap),
        textcoords="offset points",
        fontsize=_TEXT - 1,
        color=GREY,
    ).set_in_layout(False)
    for one in axes:
        for name, spine in one.spines.items():
            spine.set_visible(name not in ("top", "right"))
            spine.set_color(RULE if name == "polar" else GREY)
        one.tick_params(labelsize=_TEXT, colors=INK, length=3)
        one.grid(color=RULE, linewidth=0.8)
        one.set_axisbelow(True)
    return made, axes


def dot_plot(
    rows: Sequence[str], series: Sequence[Series], *, title: str, subtitle: str, axis: str, unit: str
) -> Figure:
    """A row for each label, in it every series' value as a dot and its interval as a line; `axis` says what it is.

    Values with the unit % are shares, 0 to 1, and are shown on the whole scale of 0 to 100.
    """
    made, (axes,) = figure(title, subtitle, height=1.7 + (0.24 + 0.09 * len(series)) * len(rows))
    for i, (one, look) in enumerate(zip(series, LOOKS, strict=False)):
        offset = _SPREAD / len(series) * (i - (len(series) - 1) / 2)
        _dots(axes, one, one.look or look, scale=100 if unit == "%" else 1, offset=offset)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(axis, fontsize=_TEXT, color=INK)
    if unit == "%":
        axes.set_xlim(0, 100)
    elif axes.dataLim.x0 >= 0:
        axes.set_xlim(left=0)
    if len(series) > 1:
        legend_below(made, [one.label for one in series])
    return made


def radar_plot(rows: Sequence[str], series: Sequence[Series], *, title: str, subtitle: str) -> Figure:
    """Shares (0 to 1) on a spoke for each label, the whole scale of 0 to 100 along it; a line for each series."""
    made, (axes,) = figure(title, subtitle, height=7.2, projection="polar")
    spokes = [2 * math.pi * i / len(rows) for i in range(len(rows))]
    for one, look in zip(series, LOOKS, strict=False):
        values = [math.nan if e is None or e.value is None else 100 * e.value for e in one.estimates]
        closed = [*values, values[0]], [*spokes, spokes[0]]
        axes.plot(
            *reversed(closed),
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=6,
            linewidth=2,
            label=one.label,
            clip_on=False,
        )
    polar = cast("PolarAxes", axes)
    polar.set_theta_zero_location("N")
    polar.set_theta_direction(-1)
    polar.set_rlabel_position(180 / len(rows))  # between two spokes
    axes.set_xticks(spokes, rows)
    axes.set_ylim(0, 100)
    axes.set_yticks(range(20, 101, 20))
    axes.tick_params(axis="y", labelsize=_TEXT - 2, colors=GREY)
    axes.tick_params(axis="x", pad=12)
    legend_below(made, [one.label for one in series])
    return made


def label_axes(axes: Axes, x: str, y: str) -> None:
    """What the two axes show, with units."""
    axes.set_xlabel(x, fontsize=_TEXT, color=INK)
    axes.set_ylabel(y, fontsize=_TEXT, color=INK)


def legend(axes: Axes) -> None:
    """A legend without a frame, where it hides the least."""
    axes.legend(frameon=False, fontsize=_TEXT - 1)


def legend_on_top(axes: Axes) -> None:
    """A legend in one line inside the plot, with room made for it above the curves."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.16 * (high - low))
    axes.legend(
        loc="upper left", ncols=4, frameon=False, fontsize=_TEXT - 2, handlelength=1.6, columnspacing=1, borderpad=0
    )


def legend_below(made: Figure, labels: Sequence[str], handles: Sequence[Artist] = ()) -> None:
    """A legend under the plots, where it hides nothing; long names are shortened, or stand below each other.

    Without `handles` it is of what the first plot shows.
    """
    handles = handles or made.axes[0].get_legend_handles_labels()[0]
    names = [shortened(label) for label in labels]
    columns = len(names) if sum(map(len, names)) <= 2 * _LONGEST_NAME - 4 * len(names) else 1
    made.legend([*handles], names, loc="outside lower left", ncols=columns, frameon=False, fontsize=_TEXT - 1)


def shortened(name: str) -> str:
    """The end of a long name, where runs' names differ."""
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"


def as_svg(made: Figure) -> bytes:
    """The figure as lines and words, drawn once however often it is asked for."""
    if made not in _LINES:
        buffer = io.BytesIO()
        canvas: Any = FigureCanvasSVG(laid_out(made))
        # Words in an SVG stay words, and the same figure is the same file.
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "burnish"}):
            canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
        _LINES[made] = buffer.getvalue()
    return _LINES[made]


def as_png(made: Figure, dpi: int | None = None) -> bytes:
    """The figure as pixels, `dpi` per inch; default: DPI."""
    buffer, usual = io.BytesIO(), made.dpi
    canvas: Any = FigureCanvasAgg(laid_out(made))
    made.dpi = dpi or DPI
    canvas.print_png(buffer, metadata={"Software": None})
    made.dpi = usual
    return buffer.getvalue()


def save(made: Figure, path: Path) -> tuple[Path, Path]:
    """Write the figure as PNG, and as SVG beside it for print; both paths."""
    drawn = path.with_suffix(".svg")
    path.write_bytes(as_png(made))
    drawn.write_bytes(as_svg(made))
    return path, drawn


def laid_out(made: Figure) -> Figure:
    """The figure with its plots in place: a second layout would make room for a legend outside them once more.

    The canvases below draw once, `savefig` would draw twice for each file.
    """
    if made not in _LAID_OUT:
        made.draw_without_rendering()
        made.set_layout_engine("none")
        _LAID_OUT.add(made)
    return made


def _dots(axes: Axes, series: Series, look: Look, scale: int, offset: float) -> None:
    drawn = {row: one for row, one in enumerate(series.estimates) if one is not None and one.value is not None}
    for row, estimate in drawn.items():
        if estimate.low is not None and estimate.high is not None:
            ends = [scale * estimate.low, scale * estimate.high]
            axes.plot(ends, [row + offset] * 2, color=look.color, linewidth=2.2, alpha=0.55, solid_capstyle="round")
    values = [scale * estimate.value for estimate in drawn.values() if estimate.value is not None]
    places = [row + offset for row in drawn]
    axes.plot(values, places, look.marker, color=look.color, markersize=7, label=series.label, clip_on=False, zorder=3)
