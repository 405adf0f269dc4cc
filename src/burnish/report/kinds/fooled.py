"""How hard to fool a teacher is (`burnish bench teacher`)."""

from __future__ import annotations

from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, Tile, scored_section, scores_of
from burnish.report.tables import NOTHING, Table
from burnish.scores import FooledKind, FooledScores
from burnish.store import Run

_TILES = 4


def _section(run: Run) -> Section:
    """What `burnish bench teacher` counted."""
    result = scores_of(FooledScores, run)
    return scored_section("Test of a teacher", [fooled_table(result)], result, _tiles(result))


def fooled_table(scores: FooledScores) -> Table:
    """Each kind of answer with the share that satisfies the teacher."""
    return Table(
        title=f"Who satisfies {scores.teacher}",
        columns=("answers", "n", "satisfy it", "95 % interval", "mean score", "no score"),
        rows=tuple(_fooled(kind, one) for kind, one in scores.kinds.items()),
        note=f"Satisfied: a score of {scores.threshold:g} or more. Right answers should satisfy it, all others should "
        "not. Almost right answers have one word or digit changed, which leaves a few of them right.",
    )


def _fooled(kind: str, found: FooledKind) -> tuple[str, ...]:
    share = found.satisfied
    percent = [NOTHING if value is None else f"{100 * value:.1f}" for value in (share.value, share.low, share.high)]
    mean = NOTHING if found.mean_score is None else f"{found.mean_score:.2f}"
    return (kind, f"{found.n:,}", f"{percent[0]} %", " to ".join(percent[1:]), mean, f"{found.unread:,}")


def _tiles(scores: FooledScores) -> tuple[Tile, ...]:
    """Who satisfies the teacher."""
    of = {kind: one.satisfied for kind, one in scores.kinds.items()}
    return tuple(Tile(kind, f"{100 * (share.value or 0):.1f} %", "satisfy it") for kind, share in of.items())[:_TILES]


KIND = RunKind(section=_section)
