"""The few numbers that say what a run came to: large on its own page, small beside its name among others."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.fire.counts import DialogueCounts
from burnish.report.benchmark_numbers import benchmark_numbers
from burnish.report.section import Tile
from burnish.report.tables import NOTHING, PLUS_MINUS, decimal, number, share_of
from burnish.scores import Estimate, Metric

MOST = 4


def benchmark_tiles(scores: object) -> tuple[Tile, ...]:
    """The whole, as the papers' tables have it."""
    return tuple(estimate_tile(metric.title, value, metric) for metric, value in benchmark_numbers(scores).whole)[:MOST]


def dialogue_tiles(counts: DialogueCounts) -> tuple[Tile, ...]:
    """How many dialogues came of the examples, and how long they are."""
    made, kept = counts.examples.total(), counts.dialogues.total()
    return counted_tiles(made, kept, {str(turns): n for turns, n in counts.turns.items()})


def counted_tiles(made: int, kept: int, by_turns: Mapping[str, int]) -> tuple[Tile, ...]:
    """The same of counts by turns."""
    turns = sum(int(turns) * n for turns, n in by_turns.items())
    return (
        Tile("examples", f"{made:,}"),
        Tile("dialogues", f"{kept:,}", share_of(kept, made)),
        Tile("turns per dialogue", decimal(turns / kept if kept else None)),
    )


def estimate_tile(name: str, estimate: Estimate, metric: Metric) -> Tile:
    """A number with its interval."""
    value, sign, margin = number(estimate, metric).partition(PLUS_MINUS)
    unit = "%" if metric.unit == "%" and value != NOTHING else ""
    return Tile(name, value, unit, f"{sign}{margin}".strip())
