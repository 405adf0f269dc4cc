"""What a run of simulated dialogues holds, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.fire.counts import DialogueCounts
from burnish.report.pairs_tables import share
from burnish.report.tables import Table


def simulated_tables(counts: DialogueCounts) -> list[Table]:
    """Examples and dialogues by source, drops by reason, dialogues by turns and by ending."""
    made, kept = counts.examples.total(), counts.dialogues.total()
    turns = [(str(turns), count) for turns, count in sorted(counts.turns.items())]
    tables = [
        _sources(counts),
        _counted("Examples without a dialogue", ("reason", "examples"), counts.dropped.most_common(), made),
        _counted("Length", ("turns", "dialogues"), turns, kept),
        _counted("Endings", ("ended", "dialogues"), counts.endings.most_common(), kept),
    ]
    return [table for table in tables if table.rows]


def _sources(counts: DialogueCounts) -> Table:
    rows = [(source, made, counts.dialogues[source]) for source, made in sorted(counts.examples.items())]
    if len(rows) > 1:
        rows.append(("all", counts.examples.total(), counts.dialogues.total()))
    return Table(
        title="Dialogues",
        columns=("source", "examples", "dialogues", "share"),
        rows=tuple((name, f"{made:,}", f"{kept:,}", share(kept, made)) for name, made, kept in rows),
    )


def _counted(title: str, columns: tuple[str, str], counted: Sequence[tuple[str, int]], whole: int) -> Table:
    return Table(
        title=title,
        columns=(*columns, "share"),
        rows=tuple((name, f"{n:,}", share(n, whole)) for name, n in counted),
    )
