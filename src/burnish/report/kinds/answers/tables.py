"""What `burnish bench answers` found, as tables: by task, under every distortion, and against the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from burnish.report.tables import NOTHING, Table, number, p_value
from burnish.scores import AnswersResult, BaselineComparison, Level, Metric, PairedScore, Score

FAMILIES = {
    "answers": "Answers",
    "existence": "Existence questions (POPE)",
    "description": "Descriptions",
    "objects": "Objects named in descriptions",
    "unlabelled": "Answers without a ground truth",
    "length": "Answer length",
    "stability": "Stability of answers",
}
"""Titles by metric family; one that is not here stands under its own name."""
CLEAN = "clean"
INTERVALS = "± is the 95 % interval; several questions about one picture count as related."
VERDICTS = (
    "The change's ± is the 95 % interval of the change itself; p is of McNemar's exact test, or of swapping whole "
    "pictures' answers between the models.\n"
    "A verdict needs both and is about its own row: by chance alone, 1 in 20 rows without a true change gets one."
)


def answers_tables(result: AnswersResult) -> list[Table]:
    """By task and under every distortion, a table for each family of metrics; then what changed from the baseline.

    A comparison shows each family's first metric by task, and the others over all questions; the run has them all.
    """
    families = list(dict.fromkeys(metric.family for metric in result.metrics))
    scores = [_by_group(result, family) for family in families]
    if len(result.distortions) > 1:
        scores += [_by_distortion(result, family) for family in families]
    changes = [_compared(result, result.comparison, family) for family in families] if result.comparison else []
    return [*_noted(scores, INTERVALS), *_noted(changes, VERDICTS)]


def _noted(tables: Sequence[Table], note: str) -> list[Table]:
    """The tables that have rows, with a note below the last of them."""
    filled = [table for table in tables if table.rows]
    return [*filled[:-1], *(replace(table, note=note) for table in filled[-1:])]


def family_title(family: str) -> str:
    """A family's title."""
    return FAMILIES.get(family, family)


def family_metrics(result: AnswersResult, family: str) -> list[Metric]:
    """The family's metrics, in order."""
    return [metric for metric in result.metrics if metric.family == family]


def heading(metric: Metric) -> str:
    """A metric's name, with its unit where it is a share."""
    return f"{metric.title} %" if metric.unit == "%" else metric.title


def condition(distortion: str) -> str:
    """A distortion as a person reads it."""
    return distortion or CLEAN


def shown_groups(scores: Sequence[Score | PairedScore]) -> list[tuple[Level, str]]:
    """Tasks, groups of tasks and all questions, without the totals that would only repeat a row above them."""
    groups = list(dict.fromkeys((score.level, score.group) for score in scores))
    levels = [level for level, _ in groups]
    informs = {"task": True, "group": levels.count("group") > 1, "all": levels.count("task") > 1}
    return [(level, group) for level, group in groups if informs[level]]


def _by_group(result: AnswersResult, family: str) -> Table:
    metrics = family_metrics(result, family)
    names = {metric.name for metric in metrics}
    clean = [score for score in result.scores if not score.distortion and score.metric in names]
    rows = [
        _row(group, [score for score in clean if (score.level, score.group) == (level, group)], metrics)
        for level, group in shown_groups(clean)
    ]
    return _score_table(f"{family_title(family)}, {CLEAN} pictures", "task", rows, metrics)


def _by_distortion(result: AnswersResult, family: str) -> Table:
    metrics = family_metrics(result, family)
    names = {metric.name for metric in metrics}
    everything = [score for score in result.scores if score.level == "all" and score.metric in names]
    rows = [
        _row(condition(spec), [score for score in everything if score.distortion == spec], metrics)
        for spec in result.distortions
    ]
    return _score_table(f"{family_title(family)}, under each distortion", "picture", rows, metrics)


def _row(label: str, scores: Sequence[Score], metrics: Sequence[Metric]) -> tuple[str, ...] | None:
    estimates = {score.metric: score.estimate for score in scores}
    if not estimates:
        return None
    numbers = [number(estimates[m.name], m) if m.name in estimates else NOTHING for m in metrics]
    return label, f"{max(estimate.n for estimate in estimates.values()):,}", *numbers


def _score_table(title: str, first: str, rows: Sequence[tuple[str, ...] | None], metrics: Sequence[Metric]) -> Table:
    return Table(
        title=title,
        columns=(first, "n", *(heading(metric) for metric in metrics)),
        rows=tuple(row for row in rows if row),
    )


def _compared(result: AnswersResult, comparison: BaselineComparison, family: str) -> Table:
    metrics = family_metrics(result, family)
    first = metrics[0].name
    by_task = [score for score in comparison.scores if not score.distortion and score.metric == first]
    shown = [score for score in by_task if (score.level, score.group) in shown_groups(by_task)]
    shown += [
        score
        for metric in metrics
        for score in comparison.scores
        if score.level == "all" and score.metric == metric.name and (score.distortion or metric.name != first)
    ]
    by_name = {metric.name: metric for metric in metrics}
    return Table(
        title=f"{family_title(family)}, change from {comparison.baseline} ({comparison.baseline_model})",
        columns=("task", "picture", "metric", "n", "before", "after", "change", "won", "lost", "p", "verdict"),
        rows=tuple(_compared_row(score, by_name[score.metric]) for score in shown),
        text_columns=frozenset({0, 1, 2, 10}),
    )


def _compared_row(score: PairedScore, metric: Metric) -> tuple[str, ...]:
    def count(value: int | None) -> str:
        return NOTHING if value is None else f"{value:,}"

    return (
        score.group,
        condition(score.distortion),
        heading(metric),
        f"{score.difference.n:,}",
        number(score.before, metric),
        number(score.after, metric),
        number(score.difference, metric, signed=True),
        count(score.wins),
        count(score.losses),
        p_value(score.p_value),
        score.verdict,
    )
