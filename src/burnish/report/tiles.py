"""The few numbers that say what a run came to: large on its own page, small beside its name among others."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.fire.counts import DialogueCounts
from burnish.report.benchmark_numbers import benchmark_numbers
from burnish.report.pairs_tables import decimal, share
from burnish.report.sampled_summary import SampledSummary
from burnish.report.section import Tile
from burnish.report.tables import NOTHING, PLUS_MINUS, number
from burnish.report.training import Log, finite, told
from burnish.report.verdicts import family_name
from burnish.scores import AnswersResult, Estimate, FixedScores, FooledScores, FreeNumbers, Metric

MOST = 4


def answers_tiles(result: AnswersResult) -> tuple[Tile, ...]:
    """Each family's first metric over all questions, on clean pictures."""
    metrics = {metric.name: metric for metric in result.metrics}
    first: dict[str, Tile] = {}
    for score in result.scores:
        metric = metrics[score.metric]
        if score.level == "all" and not score.distortion:
            first.setdefault(metric.family, _tile(family_name(metric), score.estimate, metric))
    return tuple(first.values())[:MOST]


def benchmark_tiles(scores: object) -> tuple[Tile, ...]:
    """The whole, as the papers' tables have it."""
    return tuple(_tile(metric.title, estimate, metric) for metric, estimate in benchmark_numbers(scores).whole)[:MOST]


def free_tiles(numbers: FreeNumbers) -> tuple[Tile, ...]:
    """FIRE's four metrics, the turns themselves where there is no baseline to divide them by."""
    first = ("AT", numbers.AT, "of the baseline's turns")
    if numbers.AT is None:
        first = ("turns", numbers.turns, "until right")
    gains = (("ADR", numbers.ADR, "gained a dialogue"), ("ATR", numbers.ATR, "gained a turn"))
    values = (first, *gains, ("RR", numbers.RR, "put right"))
    return tuple(Tile(name, NOTHING if value is None else f"{value:.2f}", what) for name, value, what in values)


def fixed_tiles(scores: FixedScores) -> tuple[Tile, ...]:
    """What each role's texts are worth."""
    tiles = []
    if scores.student:
        tiles += [Tile("CIDEr, student", f"{scores.student.paper.cider:.2f}")]
    if scores.teacher:
        tiles += [Tile("CIDEr, teacher", f"{scores.teacher.paper.cider:.2f}")]
        tiles += [Tile("MAE, teacher", NOTHING if scores.teacher.mae is None else f"{scores.teacher.mae:.2f}")]
    return tuple(tiles)


def fooled_tiles(scores: FooledScores) -> tuple[Tile, ...]:
    """Who satisfies the teacher."""
    of = {kind: one.satisfied for kind, one in scores.kinds.items()}
    return tuple(Tile(kind, f"{100 * (share.value or 0):.1f} %", "satisfy it") for kind, share in of.items())[:MOST]


def training_tiles(log: Log) -> tuple[Tile, ...]:
    """How long it was, and how far its numbers came."""
    tiles = [Tile("steps", f"{int(log[-1]['step']):,}")]
    for key, name in {"loss": "loss", "rewards/margins": "margin", "rewards/accuracies": "accuracy"}.items():
        values = finite(log, key)
        if values:
            tiles.append(Tile(name, told(values[-1]), f"from {told(values[0])}" if len(values) > 1 else ""))
    return tuple(tiles)


def dialogue_tiles(counts: DialogueCounts) -> tuple[Tile, ...]:
    """How many dialogues came of the examples, and how long they are."""
    made, kept = counts.examples.total(), counts.dialogues.total()
    return counted_tiles(made, kept, {str(turns): n for turns, n in counts.turns.items()})


def counted_tiles(made: int, kept: int, by_turns: Mapping[str, int]) -> tuple[Tile, ...]:
    """The same of counts by turns."""
    turns = sum(int(turns) * n for turns, n in by_turns.items())
    return (
        Tile("examples", f"{made:,}"),
        Tile("dialogues", f"{kept:,}", share(kept, made)),
        Tile("turns a dialogue", decimal(turns / kept if kept else None)),
    )


def sampled_tiles(summary: SampledSummary) -> tuple[Tile, ...]:
    """How many answers, and how far those at the highest temperature are from the one at 0."""
    last = summary.rows[-1]
    tiles = [Tile("answers", f"{sum(row.answers for row in summary.rows):,}")]
    if last.same.value is not None:
        tiles.append(Tile(f"as at temperature 0, at {last.temperature:g}", f"{100 * last.same.value:.1f}", "%"))
    return tuple(tiles)


def _tile(name: str, estimate: Estimate, metric: Metric) -> Tile:
    value, sign, margin = number(estimate, metric).partition(PLUS_MINUS)
    unit = "%" if metric.unit == "%" and value != NOTHING else ""
    return Tile(name, value, unit, f"{sign}{margin}".strip())
