"""FIRE-Bench's tables as the paper has them (2 to 6 and A2), each number with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.report.standard_tables import notes
from burnish.report.tables import ARROWS, NOTHING, PLUS_MINUS, Table, p_value
from burnish.scores import (
    BETTER,
    Bounds,
    Change,
    FixedScores,
    FooledKind,
    FooledScores,
    FreeNumbers,
    FreeScores,
    StudentScores,
    TeacherScores,
)

BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
FIXED = {"bleu_1": "BLEU-1", "bleu_2": "BLEU-2", "bleu_3": "BLEU-3", "bleu_4": "BLEU-4", "cider": "CIDEr"}
FREE = {"AT": "AT", "turns": "turns", "ADR": "ADR", "ATR": "ATR", "RR": "RR"}
FREE_BY_SOURCE = ("AT", "ADR", "ATR", "RR")
PAPER_ORDER = (
    *("VQAv2", "GQA", "TextVQA", "ChartQA", "DocVQA", "DVQA", "GEOQA+", "Synthdog"),
    *("MathVista", "MathVerse", "MMMU", "MME", "MM-Vet", "SEED-Bench", "ScienceQA", "LLaVA-Bench"),
)
"""The sources of tables 5 and 6; others follow by name."""
_NAME = 22
"""Characters of a model's name in a column."""
_SOURCE = 18
UNDECIDED = "open"
"""In the place of "undecided", which would make a table too wide."""
GROUPS = {"seen": "on seen sources (FIRE's table 5)", "new": "on new sources (FIRE's table 6)"}

VERDICT_NOTE = "A verdict needs p < 0.05 and an interval of the change that leaves 0 out."
FIXED_NOTE = (
    "The paper's variant: mean of sentence BLEU, and CIDEr-D, of words as they stand.\n"
    "The standard one: corpus BLEU, and CIDEr-D, of mteval-13a's words, lower-cased.\n"
    "± is the 95 % interval; texts about one picture count as related."
)
FREE_NOTE = (
    "AT: turns until a right response (10 where there never is one), over the baseline's. ADR, ATR: score gained a "
    "dialogue, a turn. RR: share put right.\n"
    "Dialogues that were right at once are left out. ± is the 95 % interval; over seeds, the standard deviation."
)


def fooled_table(scores: FooledScores) -> Table:
    """Each kind of answer with the share that satisfies the teacher."""
    return Table(
        title=f"Who satisfies {scores.teacher}",
        columns=("answers", "n", "satisfy it", "95 % interval", "mean score", "no score"),
        rows=tuple(_fooled(kind, one) for kind, one in scores.kinds.items()),
        note=f"Satisfied: a score of {scores.threshold:g} or more. Right answers should satisfy it, all others should "
        "not; of the almost right ones one word or digit is changed, which in a few leaves them right.",
    )


def _fooled(kind: str, found: FooledKind) -> tuple[str, ...]:
    share = found.satisfied
    percent = [NOTHING if value is None else f"{100 * value:.1f}" for value in (share.value, share.low, share.high)]
    mean = NOTHING if found.mean_score is None else f"{found.mean_score:.2f}"
    return (kind, f"{found.n:,}", f"{percent[0]} %", " to ".join(percent[1:]), mean, f"{found.unread:,}")


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
    if isinstance(scores, TeacherScores):
        values["mae"] = scores.mae
        note += f" No score can be read in {scores.unparsed:,}, which count as an error of 10."
    rows = [
        *_before_rows(names.get("baseline", "baseline"), columns, scores.changes),
        _row(names.get(role) or names.get("predictions", role), columns, values),
        _margins("  ± 95 %", columns, values, scores.intervals),
        *_change_rows(columns, scores.changes),
        _row("standard variant", columns, standard),
        _margins("  ± 95 %", columns, standard, _of_standard(scores.intervals)),
    ]
    return _table(title, columns, rows, notes(note, FIXED_NOTE, VERDICT_NOTE if scores.changes else ""))


def _of_standard(intervals: Mapping[str, Bounds]) -> dict[str, Bounds]:
    """The standard variant's, by the names that columns have."""
    return {name.removeprefix("standard_"): both for name, both in intervals.items() if name.startswith("standard_")}


def free_tables(scores: FreeScores) -> list[Table]:
    """Table 4 with the deviations of table A2, then a table for each group of sources as tables 5 and 6."""
    by_name = sorted(scores.by_source, key=lambda source: paper_place(scores.columns.get(source, source)))
    tables = [_overall(scores)]
    for group, title in GROUPS.items():
        sources = [source for source in by_name if scores.groups.get(source) == group]
        if sources:
            tables.append(_by_source(f"Free dialogues {title}", scores, sources, scores.by_group.get(group)))
    rest = [source for source in by_name if scores.groups.get(source) not in GROUPS]
    if rest and len(by_name) > 1:
        tables.append(_by_source("Free dialogues by source", scores, rest, None))
    return tables


def paper_place(source: str) -> tuple[int, str]:
    """To sort data sets as tables 5 and 6 have them."""
    return (PAPER_ORDER.index(source), "") if source in PAPER_ORDER else (len(PAPER_ORDER), source)


def _overall(scores: FreeScores) -> Table:
    changes = {"AT" if name == "turns" else name: change for name, change in scores.changes.items()}
    before = (
        [_row(scores.baseline.name, FREE, _values(scores.baseline.numbers) | {"AT": 1.0})] if scores.baseline else []
    )
    rows = [
        *before,
        _row(scores.name, FREE, _values(scores)),
        _margins("  ± 95 %", FREE, _values(scores), scores.intervals),
        *([_row(f"  ± over {len(scores.seeds)} seeds", FREE, scores.deviations)] if scores.seeds else []),
        *_change_rows(FREE, changes),
    ]
    return _table(
        "Free dialogues (FIRE's table 4)",
        FREE,
        rows,
        notes(_counts(scores), FREE_NOTE, VERDICT_NOTE if changes else ""),
    )


def _counts(scores: FreeScores) -> str:
    parts = [f"{scores.n:,} dialogues", f"{scores.right_at_once:,} right at once", f"{scores.failed:,} never right"]
    if scores.unscored:
        parts.append(f"{scores.unscored:,} of them without any score")
    parts += [f"{count:,} not held ({reason})" for reason, count in scores.dropped.items()]
    both = scores.baseline.in_both if scores.baseline else scores.n
    pairs = f"\nOnly {both:,} have a partner in the baseline." if both < scores.n else ""
    return f"{', '.join(parts)}.{pairs}"


def _by_source(title: str, scores: FreeScores, sources: Sequence[str], group: FreeNumbers | None) -> Table:
    named = [(scores.columns.get(source, source), scores.by_source[source]) for source in sources]
    rows: list[tuple[str, ...]] = []
    for name, numbers in [*named, *([("all of these", group)] if group and len(named) > 1 else [])]:
        short = name if len(name) <= _SOURCE else f"{name[: _SOURCE - 1]}…"
        rows.append((short, f"{numbers.n:,}", *(_with_margin(numbers, column) for column in FREE_BY_SOURCE)))
        if scores.baseline:
            before = {column: change.before for column, change in numbers.changes.items()}
            before |= {"AT": 1.0} if "turns" in before else {}
            rows.append(("  baseline", "", *(_two(before.get(column)) for column in FREE_BY_SOURCE)))
    tasks = ", ".join(f"{scores.columns[source]} = {source}" for source in sources if source in scores.columns)
    return Table(
        title=title,
        columns=("source", "n", *(_heading(name, FREE[name]) for name in FREE_BY_SOURCE)),
        rows=tuple(rows),
        note=f"Pocket tasks in these places: {tasks}." if tasks else "",
    )


def _values(numbers: FreeNumbers) -> dict[str, float | None]:
    return {name: getattr(numbers, name) for name in FREE}


def _table(title: str, columns: Mapping[str, str], rows: Sequence[tuple[str, ...]], note: str) -> Table:
    headings = (_heading(name, shown) for name, shown in columns.items())
    return Table(title=title, columns=("", *headings), rows=tuple(rows), note=note)


def _heading(name: str, shown: str) -> str:
    """With the paper's arrow to the better side."""
    return f"{shown} {ARROWS[BETTER[name]]}"


def _row(label: str, columns: Mapping[str, str], values: Mapping[str, float | None]) -> tuple[str, ...]:
    short = label if len(label) <= _NAME else f"…{label[1 - _NAME :]}"  # an adapter's name stands at the end
    return short, *(_two(values.get(name)) for name in columns)


def _margins(
    label: str, columns: Mapping[str, str], values: Mapping[str, float | None], intervals: Mapping[str, Bounds]
) -> tuple[str, ...]:
    return _row(label, columns, {name: _margin(values.get(name), intervals.get(name)) for name in columns})


def _margin(value: float | None, bounds: Bounds | None) -> float | None:
    """The farther of the interval's ends."""
    return None if value is None or bounds is None else max(value - bounds[0], bounds[1] - value)


def _before_rows(name: str, columns: Mapping[str, str], changes: Mapping[str, Change]) -> list[tuple[str, ...]]:
    return [_row(name, columns, {m: change.before for m, change in changes.items()})] if changes else []


def _change_rows(columns: Mapping[str, str], changes: Mapping[str, Change]) -> list[tuple[str, ...]]:
    """How many times the baseline's, and whether chance would say so."""
    if not changes:
        return []
    known = [changes.get(name) for name in columns]
    return [
        _row("  times the baseline's", columns, {name: change.ratio for name, change in changes.items()}),
        ("  p", *(p_value(change.p_value) if change else NOTHING for change in known)),
        ("  verdict", *(_verdict(change) if change else NOTHING for change in known)),
    ]


def _verdict(change: Change) -> str:
    return UNDECIDED if change.verdict == "undecided" else change.verdict


def _with_margin(numbers: FreeNumbers, name: str) -> str:
    value = getattr(numbers, name)
    margin = _margin(value, numbers.intervals.get(name))
    return _two(value) if margin is None else f"{_two(value)}{PLUS_MINUS}{margin:.2f}"


def _two(value: float | None) -> str:
    """Two decimals, as the paper has."""
    return NOTHING if value is None else f"{round(value, 2) or 0.0:.2f}"
