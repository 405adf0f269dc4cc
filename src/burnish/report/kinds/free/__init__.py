"""A run of free dialogues: the scores that `burnish bench free` left in it (FIRE's tables 4 to 6 and figure 7)."""

from __future__ import annotations

from burnish.report.kinds.dialogues.together import dialogues_together
from burnish.report.kinds.free.plots import accuracy_by_turn
from burnish.report.kinds.free.tables import free_tables
from burnish.report.kinds.free.together import free_together
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, Tile, scored_section, scores_of
from burnish.report.tables import NOTHING
from burnish.scores import FreeNumbers, FreeScores
from burnish.store import Run


def _section(run: Run) -> Section:
    result = scores_of(FreeScores, run)
    figures = {"accuracy-by-turn": accuracy_by_turn(result)}
    return scored_section("Free dialogues", free_tables(result), result, free_tiles(result), figures)


def free_tiles(numbers: FreeNumbers) -> tuple[Tile, ...]:
    """FIRE's four metrics, the turns themselves where there is no baseline to divide them by."""
    first = ("AT", numbers.AT, "of the baseline's turns")
    if numbers.AT is None:
        first = ("turns", numbers.turns, "until right")
    gains = (("ADR", numbers.ADR, "gained per dialogue"), ("ATR", numbers.ATR, "gained per turn"))
    values = (first, *gains, ("RR", numbers.RR, "put right"))
    return tuple(Tile(name, NOTHING if value is None else f"{value:.2f}", what) for name, value, what in values)


KIND = RunKind(section=_section, together=(free_together, dialogues_together))
