"""Every figure is legible without its colours, and the same figure is the same file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from answer_results import COMPARED
from free_results import free_result
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from builders import answer, pair, write_run
from burnish.report.dialogue_stats import DialogueStats, NamedStats
from burnish.report.kinds.answers.plots import answers_plots
from burnish.report.kinds.dialogues.plots import dialogue_histograms
from burnish.report.kinds.free.plots import accuracies_by_turn, accuracy_by_turn
from burnish.report.kinds.pairs.plots import answer_lengths
from burnish.report.kinds.pairs.summary import summarise_pairs
from burnish.report.kinds.training.plots import training_curves
from burnish.report.plots import LOOKS, Series, as_png, as_svg, dot_plot, radar_plot, save
from burnish.scores import Estimate

ESTIMATES = [Estimate(value=0.1 * i, low=0.05 * i, high=0.15 * i, n=5) for i in range(6)]
SERIES = [Series(name, ESTIMATES) for name in "abcd"]
ROWS = [f"row {i}" for i in range(6)]


def _dots() -> Figure:
    return dot_plot(ROWS, SERIES, title="t", subtitle="s", axis="x", unit="%")


def _radar() -> Figure:
    return radar_plot(ROWS, SERIES, title="t", subtitle="s")


def _histograms() -> Figure:
    def stats(shift: int) -> DialogueStats:
        found = DialogueStats(dialogues=9)
        for name in ("first_score", "gain_per_turn", "gain_per_dialogue", "turns", "response_words", "feedback_words"):
            for value in range(9):
                getattr(found, name).add(value + shift)
        return found

    return dialogue_histograms([NamedStats(name, Path(name), stats(i)) for i, name in enumerate("abcd")])


def _turns() -> Figure:
    return accuracies_by_turn([(name, free_result()) for name in "abcd"])


FIGURES: Mapping[str, Callable[[], Figure]] = {
    "dots": _dots,
    "radar": _radar,
    "histograms": _histograms,
    "turns": _turns,
    "before and after": lambda: answers_plots(COMPARED)["answers-by-task"],
    "baseline": lambda: accuracy_by_turn(free_result()),
    "rewards": lambda: training_curves(
        [{"step": i, "rewards/chosen": i, "rewards/rejected": -i, "rewards/margins": 2 * i} for i in range(1, 40)], "t"
    ),
}


def _shape(handle: Any) -> tuple[Any, ...]:
    """All that tells a series from others but its colour."""
    if isinstance(handle, Line2D):
        return handle.get_marker(), handle.get_linestyle()
    return handle.get_hatch(), handle.get_linestyle(), round(_grey(handle.get_facecolor()), 1)


def _grey(color: Any) -> float:
    """Relative luminance (WCAG 2.2), 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", FIGURES)
def test_series_differ_in_more_than_colour(name: str) -> None:
    made = FIGURES[name]()
    legends = [*made.legends, *(axes.get_legend() for axes in made.axes if axes.get_legend())]
    assert legends
    for legend in legends:
        shapes = [_shape(handle) for handle in legend.legend_handles]
        assert len(shapes) > 1
        assert len(set(shapes)) == len(shapes), shapes


def test_lengths_of_chosen_and_rejected_differ_in_more_than_colour(tmp_path: Path) -> None:
    pairs = [pair(i, answer("x", tokens=4), [answer("y", tokens=2)]) for i in range(3)]
    made = answer_lengths(summarise_pairs(write_run(tmp_path / "run", pairs)))
    outlines = {str(patch.get_label())[:6]: patch.get_linestyle() for patch in made.axes[0].patches}
    assert outlines["chosen"] != outlines["reject"]


def test_every_colour_stands_out_from_paper() -> None:
    """WCAG's contrast for graphics is 3 to 1."""
    for look in LOOKS:
        assert 1.05 / (_grey(look.color) + 0.05) >= 3


def test_colours_stay_apart_to_colour_blind_eyes() -> None:
    """Viénot, Brettel and Mollon (1999): what is left of red and green without one kind of cone."""
    mixed = {"protan": (0.1124, 0.8876), "deutan": (0.2928, 0.7072)}
    for red, green in mixed.values():
        seen = []
        for look in LOOKS:
            r, g, b = to_rgb(look.color)
            seen.append((red * r + green * g, b))
        for one, other in combinations(seen, 2):
            assert max(abs(a - b) for a, b in zip(one, other, strict=True)) > 0.1


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_is_the_same_file(name: str) -> None:
    first, second = FIGURES[name](), FIGURES[name]()
    assert as_svg(first) == as_svg(second)
    assert as_png(first, 50) == as_png(second, 50)
    assert as_svg(first) == as_svg(first)


@pytest.mark.for_print
def test_figures_are_fit_for_print(tmp_path: Path) -> None:
    png, svg = save(_dots(), tmp_path / "dots.png")
    with Image.open(png) as image:
        assert (image.width, round(image.info["dpi"][0])) == (2250, 300)
    drawn = svg.read_text()
    assert ">row 3</text>" in drawn  # words stay words
    assert "<dc:date>" not in drawn


def test_a_legend_hides_nothing(tmp_path: Path) -> None:
    """The one that used to cover the bars stands below the axes."""
    pairs = [pair(i, answer("x", tokens=i + 1), [answer("y", tokens=i + 1)]) for i in range(30)]
    made = answer_lengths(summarise_pairs(write_run(tmp_path / "run", pairs)))
    made.draw_without_rendering()
    legend = made.legends[0].get_window_extent()
    assert not legend.overlaps(made.axes[0].get_window_extent())
