"""A run of imported dialogues: figure 5 of FIRE, as `burnish stats` draws it."""

from __future__ import annotations

from burnish.report.dialogue_stats import StatsConfig, collect_stats
from burnish.report.kinds.dialogues.plots import dialogue_histograms
from burnish.report.kinds.dialogues.tables import dialogue_tables
from burnish.report.kinds.dialogues.together import dialogues_together
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, Tile
from burnish.store import Run


def _section(run: Run) -> Section:
    shown = collect_stats(StatsConfig(runs=(str(run.path),)))
    return Section(
        title="Dialogues",
        tiles=(Tile("dialogues", f"{shown[0].stats.dialogues:,}"),),
        tables=tuple(dialogue_tables(shown)),
        figures={"dialogues": dialogue_histograms(shown)},
        numbers=shown[0].stats.to_json(),
    )


KIND = RunKind(section=_section, together=(dialogues_together,))
