"""Predicted responses and feedback of several models side by side: FIRE's tables 2 and 3."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.report.comparability import unlike
from burnish.report.kinds.fixed.tables import BLEU, FIXED
from burnish.report.section import NamedRun, Section, scores_of
from burnish.report.side_by_side import (
    MARGINS,
    RunNumbers,
    asked_note,
    column,
    drawn_note,
    estimate,
    versus_figures,
    versus_table,
)
from burnish.scores import Estimate, FixedScores, StudentScores, TeacherScores
from burnish.store.codec import to_json

_TITLES = {
    "student": "Students in fixed dialogues, side by side (FIRE's table 2)",
    "teacher": "Teachers in fixed dialogues, side by side (FIRE's table 3)",
}
_VARIANT = "The paper's variant of BLEU and CIDEr-D; the standard one is in the runs' own tables."


def fixed_together(runs: Sequence[NamedRun]) -> list[Section]:
    """One section: who speaks most like the references."""
    scores = {name: scores_of(FixedScores, run) for name, run in runs}
    sections = []
    for role, title in _TITLES.items():
        spoke = [(named, getattr(scores[named.name], role)) for named in runs if getattr(scores[named.name], role)]
        if len(spoke) > 1:
            sections.append(_section(role, title, spoke))
    return sections


def _section(role: str, title: str, spoke: Sequence[tuple[NamedRun, StudentScores]]) -> Section:
    trouble = unlike([named for named, _ in spoke], list(_TITLES))
    rows = [RunNumbers(named.name, _numbers(scores)) for named, scores in spoke]
    titles = FIXED | ({"mae": "MAE"} if role == "teacher" else {})
    columns = [column(name, shown) for name, shown in titles.items()]
    note = f"{asked_note(rows, 'cider', 'texts')} {_VARIANT} {MARGINS}"
    bleu = [column(name, FIXED[name]) for name in BLEU]
    return Section(
        title=title.partition(" (")[0],
        lead=" ".join(filter(None, (trouble, drawn_note([row.name for row in rows])))),
        tables=(versus_table(title, columns, rows, comparable=() if trouble else titles, note=note),),
        figures=versus_figures(f"{role}-bleu", bleu, rows, title=f"BLEU of the {role}'s texts", axis="BLEU"),
        numbers={named.name: to_json(scores) for named, scores in spoke},
    )


def _numbers(scores: StudentScores) -> dict[str, Estimate]:
    values: dict[str, float | None] = {**dict(zip(BLEU, scores.paper.bleu, strict=True)), "cider": scores.paper.cider}
    if isinstance(scores, TeacherScores):
        values["mae"] = scores.mae
    return {name: estimate(value, scores.intervals.get(name), scores.n) for name, value in values.items()}
