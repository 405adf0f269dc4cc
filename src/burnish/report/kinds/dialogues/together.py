"""Dialogues of several runs together: figure 5 of FIRE, the splits laid over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from burnish.records import Dialogue, Dropped
from burnish.report.dialogue_stats import MAX_RUNS, NamedStats, dialogue_stats
from burnish.report.kinds.dialogues.plots import dialogue_histograms
from burnish.report.kinds.dialogues.tables import dialogue_tables
from burnish.report.section import NamedRun, Section, records_of
from burnish.report.side_by_side import drawn_note
from burnish.store import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def histograms(run: Run) -> Mapping[str, Figure]:
    """Figure 5 of one run, once there is a dialogue."""
    counted = _stats_of(NamedRun(run.path.resolve().name, run))
    return {"dialogues": dialogue_histograms([counted])} if counted.stats.dialogues else {}


def dialogues_together(runs: Sequence[NamedRun]) -> list[Section]:
    """Figure 5 of as many runs as can be told apart; tables of all."""
    counted = [one for one in map(_stats_of, runs) if one.stats.dialogues]
    if len(counted) < 2:
        return []
    return [
        Section(
            title="Dialogues side by side",
            lead=drawn_note([one.name for one in counted]),
            tables=tuple(dialogue_tables(counted)),
            figures={"dialogues": dialogue_histograms(counted[:MAX_RUNS])},
            numbers={one.name: one.stats.to_json() for one in counted},
        )
    ]


def _stats_of(named: NamedRun) -> NamedStats:
    """The counts of a run's dialogues, none included."""
    records = (record for _, _, record in records_of(named, "count") if isinstance(record, Dialogue | Dropped))
    return NamedStats(named.name, named.run.path, dialogue_stats(records))
