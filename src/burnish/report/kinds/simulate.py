"""A run of simulated dialogues: what became of the examples."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.errors import RunError
from burnish.fire.counts import DialogueCounts, count_dialogues
from burnish.progress import tracked
from burnish.report.kinds.dialogues.together import dialogues_together, histograms
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section
from burnish.report.tables import Table, share_of
from burnish.report.tiles import dialogue_tiles
from burnish.store import Run


def _section(run: Run) -> Section:
    if not len(run):
        raise RunError(f"{run.path} holds no record yet: call `burnish simulate` again with the same flags.")
    counts = count_dialogues(tracked(run, f"count {run.path.name}", len(run), unit="records"))
    return Section(
        title="Simulated dialogues",
        tiles=dialogue_tiles(counts),
        tables=tuple(simulated_tables(counts)),
        figures=histograms(run),
        numbers=counts.to_json(),
    )


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
        rows=tuple((name, f"{made:,}", f"{kept:,}", share_of(kept, made)) for name, made, kept in rows),
    )


def _counted(title: str, columns: tuple[str, str], counted: Sequence[tuple[str, int]], whole: int) -> Table:
    return Table(
        title=title,
        columns=(*columns, "share"),
        rows=tuple((name, f"{n:,}", share_of(n, whole)) for name, n in counted),
    )


KIND = RunKind(section=_section, together=(dialogues_together,))
