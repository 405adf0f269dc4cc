"""A run of fixed dialogues: the scores that `burnish bench fixed` left in it (FIRE's tables 2 and 3)."""

from __future__ import annotations

from burnish.report.kinds.fixed.tables import fixed_tables
from burnish.report.kinds.fixed.together import fixed_together
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, Tile, scored_section, scores_of
from burnish.report.tables import NOTHING
from burnish.scores import FixedScores
from burnish.store import Run


def _section(run: Run) -> Section:
    result = scores_of(FixedScores, run)
    return scored_section("Fixed dialogues", fixed_tables(result), result, _tiles(result))


def _tiles(scores: FixedScores) -> tuple[Tile, ...]:
    """What each role's texts are worth."""
    tiles = []
    if scores.student:
        tiles += [Tile("CIDEr, student", f"{scores.student.paper.cider:.2f}")]
    if scores.teacher:
        tiles += [Tile("CIDEr, teacher", f"{scores.teacher.paper.cider:.2f}")]
        tiles += [Tile("MAE, teacher", NOTHING if scores.teacher.mae is None else f"{scores.teacher.mae:.2f}")]
    return tuple(tiles)


KIND = RunKind(section=_section, together=(fixed_together,))
