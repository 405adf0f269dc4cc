"""The numbers of a benchmark's scores as columns: the whole, as the papers' tables have it, and its parts."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import singledispatch
from typing import NamedTuple, TypeAlias

from burnish.report.side_by_side import column, estimate
from burnish.scores import (
    AccuracyScores,
    ConsistencyJudged,
    Estimate,
    GradesJudged,
    LlavaBenchJudged,
    MeasuredScores,
    Metric,
    MmeScores,
    MmhalJudged,
    MmVetJudged,
    PartScore,
    RubricJudged,
    ShrJudged,
    StandardResult,
    YesNoScores,
)
from burnish.store.codec import from_json

BenchmarkScores: TypeAlias = AccuracyScores | MeasuredScores | MmeScores | YesNoScores
_KINDS: tuple[type[BenchmarkScores], ...] = (AccuracyScores, MeasuredScores, MmeScores, YesNoScores)
"""What a benchmark's scores may be, told apart by their fields."""


class NumberColumn(NamedTuple):
    """A column and what stands in it."""

    metric: Metric
    estimate: Estimate


class Numbers(NamedTuple):
    """All numbers of one benchmark."""

    whole: list[NumberColumn]
    parts: list[NumberColumn]


def asked_scores(result: StandardResult) -> BenchmarkScores | None:
    """The benchmark's scores; None where it has none. Raises ValueError for those of another version."""
    if not isinstance(result.scores, dict):
        return None
    given = result.scores.keys()
    kind = next((kind for kind in _KINDS if {field.name for field in fields(kind)} >= given), AccuracyScores)
    return from_json(kind, result.scores)


@singledispatch
def benchmark_numbers(_scores: object) -> Numbers:
    """The numbers of a benchmark's scores; scores without a whole have none."""
    return Numbers([], [])


@benchmark_numbers.register
def _(scores: YesNoScores) -> Numbers:
    n = sum(split.n for split in scores.splits.values())
    whole = NumberColumn(column("all", "mean F1", "%", like="mean_f1"), estimate(scores.mean_f1, scores.interval, n))
    parts = [
        NumberColumn(column(name, f"{name} F1", "%", like="f1"), estimate(split.f1, split.intervals.get("f1"), split.n))
        for name, split in scores.splits.items()
    ]
    return Numbers([whole], parts)


@benchmark_numbers.register
def _(scores: MmeScores) -> Numbers:
    n = sum(task.n for task in scores.tasks.values())
    sums = [
        NumberColumn(column(name, name, like="points"), estimate(getattr(scores, name), scores.intervals.get(name), n))
        for name in ("perception", "cognition")
    ]
    parts = [
        NumberColumn(column(name, name, like="points"), estimate(task.score, task.intervals.get("score"), task.n))
        for name, task in scores.tasks.items()
    ]
    return Numbers(sums, parts)


@benchmark_numbers.register
def _(scores: AccuracyScores) -> Numbers:
    whole = NumberColumn(column("accuracy", "accuracy", "%"), estimate(scores.accuracy, scores.interval, scores.n))
    parts = [
        NumberColumn(column(name, name, "%", like="accuracy"), estimate(part.value, part.interval, part.n))
        for name, part in scores.groups.items()
    ]
    return Numbers([whole], parts)


@benchmark_numbers.register
def _(scores: MeasuredScores) -> Numbers:
    """All numbers of the whole, and of each group the one that decides."""
    whole = [
        NumberColumn(metric, scores.whole[metric.name]) for metric in scores.metrics if metric.name in scores.whole
    ]
    parts = [
        NumberColumn(replace(metric, name=name, title=name), of[metric.name])
        for name, of in scores.groups.items()
        for metric in [m for m in scores.metrics if m.name in of][:1]
    ]
    return Numbers(whole, parts)


@benchmark_numbers.register
def _(judged: MmVetJudged) -> Numbers:
    scores = judged.scores
    whole = NumberColumn(column("points", "total", "%"), estimate(scores.total, scores.interval, scores.n, of=100))
    parts = [
        NumberColumn(column(name, name, "%", like="points"), estimate(part.value, part.interval, part.n, of=100))
        for name, part in scores.capabilities.items()
    ]
    return Numbers([whole], parts)


@benchmark_numbers.register
def _(judged: LlavaBenchJudged) -> Numbers:
    parts = [
        NumberColumn(column(name, name, "%", like="relative"), estimate(part.score, part.interval, part.n, of=100))
        for name, part in [("all", judged.scores), *judged.scores.categories.items()]
    ]
    return Numbers(parts[:1], parts[1:])


@benchmark_numbers.register
def _(judged: MmhalJudged) -> Numbers:
    return benchmark_numbers(judged.scores)


@benchmark_numbers.register
def _(judged: ShrJudged) -> Numbers:
    scores = judged.scores
    shown = column("hallucinated", "hallucinated", "%")
    return Numbers([NumberColumn(shown, estimate(scores.ratio, scores.interval, scores.images))], [])


@benchmark_numbers.register
def _(judged: GradesJudged) -> Numbers:
    whole = [_part("grade", judged.mean)] if judged.mean else []
    return Numbers(whole, [_part(name, part) for name, part in judged.sources.items()])


@benchmark_numbers.register
def _(judged: RubricJudged) -> Numbers:
    whole = [_part("grade", judged.mean)] if judged.mean else []
    return Numbers(whole, [_part(name, part) for name, part in judged.sources.items()])


@benchmark_numbers.register
def _(judged: ConsistencyJudged) -> Numbers:
    """SeVa's table 5, a column for each temperature and question."""
    asked = [
        (f"t = {name} {letter}", aspects["overall"])
        for name, row in judged.rows.items()
        for letter, aspects in (("Q", row.question), ("A", row.answer))
        if "overall" in aspects
    ]
    return Numbers([], [_part(name, part) for name, part in asked])


def _part(name: str, part: PartScore) -> NumberColumn:
    return NumberColumn(column(name, name, like="points"), estimate(part.value, part.interval, part.n))
