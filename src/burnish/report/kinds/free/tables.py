"""FIRE's tables 4 to 6 and A2: free dialogues, each number with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.report.fire_rows import (
    VERDICT_NOTE,
    change_rows,
    half_width,
    heading,
    margins,
    metric_table,
    row,
    two,
)
from burnish.report.standard_tables import notes
from burnish.report.tables import PLUS_MINUS, Table
from burnish.scores import FreeNumbers, FreeScores

FREE = {"AT": "AT", "turns": "turns", "ADR": "ADR", "ATR": "ATR", "RR": "RR"}
FREE_BY_SOURCE = ("AT", "ADR", "ATR", "RR")
PAPER_ORDER = (
    *("VQAv2", "GQA", "TextVQA", "ChartQA", "DocVQA", "DVQA", "GEOQA+", "Synthdog"),
    *("MathVista", "MathVerse", "MMMU", "MME", "MM-Vet", "SEED-Bench", "ScienceQA", "LLaVA-Bench"),
)
"""The sources of tables 5 and 6; others follow by name."""
_SOURCE = 18
GROUPS = {"seen": "on seen sources (FIRE's table 5)", "new": "on new sources (FIRE's table 6)"}
FREE_NOTE = (
    "AT: mean turns until a right response (10 if there is none), divided by the baseline's. ADR, ATR: score gained "
    "per dialogue, per turn. RR: share of dialogues that end right.\n"
    "Dialogues with a right first response are left out. ± is the 95 % interval; over seeds, the standard deviation."
)


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
        [row(scores.baseline.name, FREE, _values(scores.baseline.numbers) | {"AT": 1.0})] if scores.baseline else []
    )
    rows = [
        *before,
        row(scores.name, FREE, _values(scores)),
        margins("  ± 95 %", FREE, _values(scores), scores.intervals),
        *([row(f"  ± over {len(scores.seeds)} seeds", FREE, scores.deviations)] if scores.seeds else []),
        *change_rows(FREE, changes),
    ]
    return metric_table(
        "Free dialogues (FIRE's table 4)",
        FREE,
        rows,
        notes(_counts(scores), FREE_NOTE, VERDICT_NOTE if changes else ""),
    )


def _counts(scores: FreeScores) -> str:
    parts = [f"{scores.n:,} dialogues", f"{scores.right_at_once:,} right at once", f"{scores.failed:,} never right"]
    if scores.unscored:
        parts.append(f"{scores.unscored:,} of these without a score")
    parts += [f"{count:,} missing ({reason})" for reason, count in scores.dropped.items()]
    both = scores.baseline.in_both if scores.baseline else scores.n
    pairs = f"\nOf these, the baseline has {both:,}." if both < scores.n else ""
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
            rows.append(("  baseline", "", *(two(before.get(column)) for column in FREE_BY_SOURCE)))
    tasks = ", ".join(f"{scores.columns[source]} = {source}" for source in sources if source in scores.columns)
    return Table(
        title=title,
        columns=("source", "n", *(heading(name, FREE[name]) for name in FREE_BY_SOURCE)),
        rows=tuple(rows),
        note=f"Pocket tasks in these places: {tasks}." if tasks else "",
    )


def _values(numbers: FreeNumbers) -> dict[str, float | None]:
    return {name: getattr(numbers, name) for name in FREE}


def _with_margin(numbers: FreeNumbers, name: str) -> str:
    value = getattr(numbers, name)
    margin = half_width(value, numbers.intervals.get(name))
    return two(value) if margin is None else f"{two(value)}{PLUS_MINUS}{margin:.2f}"
