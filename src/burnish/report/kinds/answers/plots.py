"""What `burnish bench answers` found, as plots: by task, by metric, and under every distortion (figure 2 of SeVa)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from burnish.report.kinds.answers.tables import condition, family_metrics, family_title, heading, shown_groups
from burnish.report.plots import AFTER, BEFORE, Series, dot_plot
from burnish.scores import AnswersResult, Estimate, Level, Metric, PairedScore, Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class _PlotRow(NamedTuple):
    label: str
    metric: str
    level: Level
    group: str
    distortion: str = ""


def answers_plots(result: AnswersResult) -> dict[str, Figure]:
    """The figures by file name: those for which the result has numbers."""
    plots: dict[str, Figure] = {}
    for family in dict.fromkeys(metric.family for metric in result.metrics):
        metrics = family_metrics(result, family)
        own = [score for score in result.scores if score.metric == metrics[0].name]
        tasks = {score.group for score in own if score.level == "task"}
        of_clean = any(not score.distortion for score in own)  # whether an answer stands, no clean picture tells
        if of_clean and (len(tasks) > 1 or len(metrics) <= 2):
            plots[f"{family}-by-task"] = by_task(result, metrics[0])
        if len(metrics) > 2:
            plots[f"{family}-by-metric"] = by_metric(result, family)
        if len(result.distortions) > 1:
            plots[f"{family}-by-distortion"] = by_distortion(result, metrics[0])
    return plots


def by_task(result: AnswersResult, metric: Metric) -> Figure:
    """A metric by task on clean pictures; before and after where the result was compared with a baseline."""
    clean = [score for score in result.scores if not score.distortion and score.metric == metric.name]
    rows = [_PlotRow(group, metric.name, level, group) for level, group in shown_groups(clean)]
    return _plot(result, rows, f"{_title(metric)} by task", metric)


def by_metric(result: AnswersResult, family: str) -> Figure:
    """All metrics of a family over all questions, on clean pictures."""
    metrics = family_metrics(result, family)
    rows = [_PlotRow(metric.title, metric.name, "all", _all(result, metric)) for metric in metrics]
    return _plot(result, rows, family_title(family), metrics[0], axis=metrics[0].unit)


def by_distortion(result: AnswersResult, metric: Metric) -> Figure:
    """A metric over all questions, on clean pictures and under each distortion."""
    group = _all(result, metric)
    measured = {score.distortion for score in result.scores if score.metric == metric.name}
    rows = [
        _PlotRow(condition(spec), metric.name, "all", group, spec) for spec in result.distortions if spec in measured
    ]
    return _plot(result, rows, f"{_title(metric)} under each distortion", metric)


def _plot(result: AnswersResult, rows: Sequence[_PlotRow], title: str, metric: Metric, axis: str = "") -> Figure:
    asked = max(s.estimate.n for s in result.scores if s.level == "all" and s.metric == metric.name)
    return dot_plot(
        [row.label for row in rows],
        _series(result, rows),
        title=title,
        subtitle=f"{result.model}, {asked:,} questions; lines are 95 % intervals",
        axis=axis or heading(metric),
        unit=metric.unit,
    )


def _series(result: AnswersResult, rows: Sequence[_PlotRow]) -> list[Series]:
    own = {_cell(score): score.estimate for score in result.scores}
    keys = [(row.metric, row.level, row.group, row.distortion) for row in rows]
    if result.comparison is None:
        return [Series(result.model, [own.get(key) for key in keys])]
    paired = {_cell(score): score for score in result.comparison.scores}
    before: list[Estimate | None] = [paired[key].before if key in paired else None for key in keys]
    after = [paired[key].after if key in paired else own.get(key) for key in keys]
    return [Series("before", before, BEFORE), Series("after", after, AFTER)]


def _cell(score: Score | PairedScore) -> tuple[str, Level, str, str]:
    return score.metric, score.level, score.group, score.distortion


def _all(result: AnswersResult, metric: Metric) -> str:
    """The name of the group of all questions."""
    return next(score.group for score in result.scores if score.level == "all" and score.metric == metric.name)


def _title(metric: Metric) -> str:
    return f"{family_title(metric.family)}: {metric.title}"
