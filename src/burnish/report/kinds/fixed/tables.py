"""FIRE's tables 2 and 3: predicted texts in fixed dialogues, each number with its interval."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.report.fire_rows import VERDICT_NOTE, before_rows, change_rows, margins, metric_table, row
from burnish.report.standard_tables import notes
from burnish.report.tables import Table
from burnish.scores import Bounds, FixedScores, StudentScores, TeacherScores

BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
FIXED = {"bleu_1": "BLEU-1", "bleu_2": "BLEU-2", "bleu_3": "BLEU-3", "bleu_4": "BLEU-4", "cider": "CIDEr"}
FIXED_NOTE = (
    "The paper's variant: mean of sentence BLEU, and CIDEr-D, of words as they stand.\n"
    "The standard one: corpus BLEU, and CIDEr-D, of mteval-13a's words, lower-cased.\n"
    "± is the 95 % interval; texts about one picture count as related."
)
_UNREAD_NOTE = (
    "Last row: a teacher that has read nothing and gives its turn's median score. An\n"
    "MAE that is no lower does not show that answers were read; see `bench teacher`."
)


def fixed_tables(scores: FixedScores) -> list[Table]:
    """Tables 2 and 3, of the roles that predicted."""
    tables = []
    names = scores.names
    if scores.student:
        tables.append(_fixed_table("Student in fixed dialogues (FIRE's table 2)", "student", scores.student, names))
    if scores.teacher:
        tables.append(_fixed_table("Teacher in fixed dialogues (FIRE's table 3)", "teacher", scores.teacher, names))
    return tables


def _fixed_table(title: str, role: str, scores: StudentScores, names: Mapping[str, str]) -> Table:
    columns = FIXED | ({"mae": "MAE"} if isinstance(scores, TeacherScores) else {})
    values: dict[str, float | None] = dict(zip(BLEU, scores.paper.bleu, strict=True))
    values["cider"] = scores.paper.cider
    standard: dict[str, float | None] = dict(zip(BLEU, scores.standard.bleu, strict=True))
    standard["cider"] = scores.standard.cider
    note = f"{scores.n:,} texts, {scores.missing:,} missing."
    unread: list[tuple[str, ...]] = []
    if isinstance(scores, TeacherScores):
        values["mae"] = scores.mae
        note += f" No score can be read in {scores.unparsed:,}, which count as an error of 10."
        if scores.turns_mae is not None:
            unread = [row("each turn's median", columns, {"mae": scores.turns_mae})]
            note += f"\n{_UNREAD_NOTE}"
    rows = [
        *before_rows(names.get("baseline", "baseline"), columns, scores.changes),
        row(names.get(role) or names.get("predictions", role), columns, values),
        margins("  ± 95 %", columns, values, scores.intervals),
        *change_rows(columns, scores.changes),
        row("standard variant", columns, standard),
        margins("  ± 95 %", columns, standard, _of_standard(scores.intervals)),
        *unread,
    ]
    return metric_table(title, columns, rows, notes(note, FIXED_NOTE, VERDICT_NOTE if scores.changes else ""))


def _of_standard(intervals: Mapping[str, Bounds]) -> dict[str, Bounds]:
    """The standard variant's, by the names that columns have."""
    return {name.removeprefix("standard_"): both for name, both in intervals.items() if name.startswith("standard_")}
