"""Tables of the standard benchmarks, each number with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch

from burnish.report.tables import NOTHING, PLUS_MINUS, Table, number
from burnish.scores import (
    AccuracyScores,
    Bounds,
    LlavaBenchScores,
    MeasuredScores,
    Metric,
    MmeScores,
    MmVetScores,
    ShrScores,
    YesNoScores,
)

NOTE = "± is the 95 % interval; questions about one picture count as related."


@singledispatch
def standard_tables(scores: object, title: str = "") -> list[Table]:  # noqa: ARG001 - some scores have their own
    """The tables of a benchmark's scores, at most 80 columns wide; `title` is the benchmark's."""
    raise TypeError(f"There is no table for {type(scores).__name__}.")


@standard_tables.register
def _(scores: YesNoScores, title: str = "") -> list[Table]:
    columns = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1"}
    rows = [
        (
            short(name, 14),
            *(share(getattr(split, key), split.intervals.get(key)) for key in columns),
            share(split.yes_ratio, None),
        )
        for name, split in scores.splits.items()
    ]
    asked = ", ".join(f"{name} {split.n:,}" for name, split in scores.splits.items())
    return [
        Table(
            title=f"{title}, in % ({scores.protocol} protocol)",
            columns=("split", *columns.values(), "yes"),
            rows=tuple(rows),
            note=notes(f"Mean F1 {share(scores.mean_f1, scores.interval)}.", f"Questions: {asked}.", NOTE),
        )
    ]


@standard_tables.register
def _(scores: MmeScores, _title: str = "") -> list[Table]:
    rows = [
        (
            name,
            f"{task.n:,}",
            share(task.accuracy, task.intervals.get("accuracy")),
            share(task.accuracy_plus, task.intervals.get("accuracy_plus")),
            points(task.score, task.intervals.get("score")),
            f"{task.other:,}",
        )
        for name, task in scores.tasks.items()
    ]
    sums = [
        (name, "", "", "", points(getattr(scores, name), scores.intervals.get(name)), "")
        for name in ("perception", "cognition")
    ]
    left_out = f"Left out of the sums: {', '.join(scores.left_out)}." if scores.left_out else ""
    return [
        Table(
            title="MME",
            columns=("task", "n", "acc %", "acc+ %", "score", "other"),
            rows=(*rows, *sums),
            note=notes("Score: acc + acc+, at most 200. Other: answers that are neither yes nor no.", left_out, NOTE),
        )
    ]


@standard_tables.register
def _(scores: AccuracyScores, _title: str = "") -> list[Table]:
    rows = [(short(name, 40), f"{part.n:,}", share(part.value, part.interval)) for name, part in scores.groups.items()]
    rows.append(("all", f"{scores.n:,}", share(scores.accuracy, scores.interval)))
    counts = ", ".join(f"{count:,} {what}" for what, count in scores.counts.items() if count)
    return [
        Table(
            title=scores.benchmark,
            columns=("questions", "n", "accuracy %"),
            rows=tuple(rows),
            note=notes(f"{scores.n:,} questions about {scores.pictures:,} pictures.", counts and f"{counts}.", NOTE),
        )
    ]


@standard_tables.register
def _(scores: MeasuredScores, _title: str = "") -> list[Table]:
    """A table for each family of numbers; what was counted, and the notes, stand below the last."""
    families = list(dict.fromkeys(metric.family for metric in scores.metrics))
    tables = [_measured(scores, [m for m in scores.metrics if m.family == family], family) for family in families]
    filled = [table for table in tables if table.rows]
    counts = ", ".join(f"{count:,} {what}" for what, count in scores.counts.items() if count)
    asked = f"{scores.n:,} answers about {scores.pictures:,} pictures."
    note = notes(asked, counts and f"{counts}.", scores.note, NOTE)
    return [*filled[:-1], *(replace(table, note=note) for table in filled[-1:])]


def _measured(scores: MeasuredScores, metrics: Sequence[Metric], family: str) -> Table:
    """A row for each group that has any of these numbers, and one for all answers."""
    parts = [*scores.groups.items(), ("all", scores.whole)]
    rows = [(name, [part.get(metric.name) for metric in metrics]) for name, part in parts]
    shown = [(name, of) for name, of in rows if any(one is not None for one in of)]
    several = len({metric.family for metric in scores.metrics}) > 1
    return Table(
        title=f"{scores.benchmark}, {family}" if several else scores.benchmark,
        columns=("", "n", *(f"{m.title} %" if m.unit == "%" else m.title for m in metrics)),
        rows=tuple(
            (
                short(name, 40),
                f"{max(one.n for one in of if one):,}",
                *(number(one, metric) if one else NOTHING for one, metric in zip(of, metrics, strict=True)),
            )
            for name, of in shown
        ),
    )


@standard_tables.register
def _(scores: MmVetScores, _title: str = "") -> list[Table]:
    parts = [*scores.capabilities.items(), *((f"only {name}", part) for name, part in scores.integrations.items())]
    rows = [(short(name, 44), f"{part.n:,}", points(part.value, part.interval)) for name, part in parts]
    runs = ", ".join(f"{run:.1f}" for run in scores.runs)
    return [
        Table(
            title="MM-Vet",
            columns=("capabilities", "n", "score"),
            rows=(*rows, ("total", f"{scores.n:,}", points(scores.total, scores.interval))),
            note=notes(
                f"Runs of the judge: {runs} (standard deviation {scores.deviation:.1f}).",
                f"Replies without a score, which count 0: {scores.unparsed:,}.",
                NOTE,
            ),
        )
    ]


@standard_tables.register
def _(scores: LlavaBenchScores, _title: str = "") -> list[Table]:
    rows = [
        (
            short(name, 30),
            f"{part.n:,}",
            points(part.score, part.interval),
            points(part.reference, None),
            points(part.model, None),
        )
        for name, part in [*scores.categories.items(), ("all", scores)]
    ]
    done = {"left-out": "left out", "minus-one": "averaged in as -1"}[scores.failed_as]
    return [
        Table(
            title="LLaVA-Bench (in the wild)",
            columns=("questions", "n", "score", "reference", "model"),
            rows=tuple(rows),
            note=notes(f"Reviews without two numbers, {done}: {scores.failed:,}.", NOTE),
        )
    ]


@standard_tables.register
def _(scores: ShrScores, _title: str = "") -> list[Table]:
    counts = {
        "hallucination": scores.hallucination,
        "correct": scores.correct,
        "cannot judge": scores.cannot_judge,
        "no such label": scores.unlabelled,
    }
    return [
        Table(
            title="SHR (lower is better)",
            columns=("sentences", "n"),
            rows=tuple((name, f"{count:,}") for name, count in counts.items()),
            note=notes(
                f"Hallucinated: {share(scores.ratio, scores.interval)} %.",
                f"{scores.images:,} descriptions judged; {scores.excluded:,} excluded, whose labels do not match their "
                "sentences.",
                NOTE,
            ),
        )
    ]


def share(value: float | None, interval: Bounds | None) -> str:
    """ "71.3 ± 2.9": a share in percent."""
    scaled = (interval[0] * 100, interval[1] * 100) if interval else None
    return points(None if value is None else 100 * value, scaled)


def points(value: float | None, interval: Bounds | None) -> str:
    """A number as it is, with the farther of its interval's ends."""
    if value is None:
        return NOTHING
    margin = f"{PLUS_MINUS}{max(value - interval[0], interval[1] - value):.1f}" if interval else ""
    return f"{value:.1f}{margin}"


def short(name: str, width: int) -> str:
    """No wider than `width`."""
    return name if len(name) <= width else f"{name[: width - 1]}…"


def notes(*parts: str) -> str:
    """Each part on lines of its own, as wide as whoever shows them likes."""
    return "\n".join(filter(None, parts))
