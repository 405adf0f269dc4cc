"""The look of plots: one palette, one type size, readable from the back of a room and by colour-blind eyes.

matplotlib is used without pyplot, so that no window system and no global state is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from burnish.scores import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette, which stays distinct to colour-blind eyes and in grey.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6B6B6B"
INK, RULE = "#1F2328", "#E3E3E3"
DPI = 160
_WIDTH = 7.5
_TITLE, _TEXT = 14, 11


class Series(NamedTuple):
    """Estimates of one model, one for each row of a plot; None where it has none."""

    label: str
    estimates: Sequence[Estimate | None]


def figure(title: str, subtitle: str, height: float, panels: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure of `panels` plots in rows of `columns`, `height` inches high in all."""
    made = Figure(figsize=(_WIDTH, height), dpi=DPI, layout="constrained", facecolor="white")
    made.suptitle(title, x=0.012, ha="left", fontsize=_TITLE, fontweight="bold", color=INK)
    axes = [made.add_subplot(-(-panels // columns), columns, 1 + i) for i in range(panels)]
    axes[0].set_title(" ", fontsize=_TEXT - 1)  # keeps the subtitle's line free
    axes[0].annotate(
        subtitle,
        xy=(0.012, 1),
        xycoords=("figure fraction", "axes fraction"),
        xytext=(0, 7),
        textcoords="offset points",
        fontsize=_TEXT - 1,
        color=GREY,
    ).set_in_layout(False)
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(GREY)
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
    made, (axes,) = figure(title, subtitle, height=1.7 + 0.42 * len(rows))
    colors = (BLUE,) if len(series) == 1 else (GREY, BLUE)
    for i, (one, color) in enumerate(zip(series, colors, strict=True)):
        offset = 0.15 * (2 * i - len(series) + 1)
        _dots(axes, one, color, scale=100 if unit == "%" else 1, offset=offset)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(axis, fontsize=_TEXT, color=INK)
    axes.set_xlim(0, 100) if unit == "%" else axes.set_xlim(left=0)
    if len(series) > 1:
        made.legend(loc="outside lower right", ncols=2, frameon=False, fontsize=_TEXT)
    return made


def label_axes(axes: Axes, x: str, y: str) -> None:
    """What the two axes show, with units."""
    axes.set_xlabel(x, fontsize=_TEXT, color=INK)
    axes.set_ylabel(y, fontsize=_TEXT, color=INK)


def legend(axes: Axes) -> None:
    """A legend without a frame, where it hides the least."""
    axes.legend(frameon=False, fontsize=_TEXT - 1)


def save(made: Figure, path: Path) -> tuple[Path, Path]:
    """Write the figure as PNG, and as SVG beside it for print; both paths."""
    drawn = path.with_suffix(".svg")
    made.savefig(path, dpi=DPI, metadata={"Software": None})
    made.savefig(drawn, metadata={"Date": None, "Creator": None})
    return path, drawn


def _dots(axes: Axes, series: Series, color: str, scale: int, offset: float) -> None:
    labelled = False
    for row, estimate in enumerate(series.estimates):
        if estimate is None or estimate.value is None:
            continue
        if estimate.low is not None and estimate.high is not None:
            ends = [scale * estimate.low, scale * estimate.high]
            axes.plot(ends, [row + offset] * 2, color=color, linewidth=2.2, alpha=0.55, solid_capstyle="round")
        label = None if labelled else series.label
        axes.plot(
            [scale * estimate.value],
            [row + offset],
            "o",
            color=color,
            markersize=7,
            label=label,
            clip_on=False,
            zorder=3,
        )
        labelled = True
