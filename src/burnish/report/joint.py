"""What is said of several runs together: a new way to lay runs of a kind side by side is one line in `JOINT`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from burnish.records import Dialogue, Dropped
from burnish.report.answers_joint import answers_joint
from burnish.report.benchmarks_joint import benchmarks_joint
from burnish.report.dialogue_plots import dialogue_histograms
from burnish.report.dialogue_stats import MAX_RUNS, NamedStats, dialogue_stats
from burnish.report.dialogue_tables import dialogue_tables
from burnish.report.fixed_joint import fixed_joint
from burnish.report.free_joint import free_joint
from burnish.report.judged_tables import JUDGED
from burnish.report.section import NamedRun, Section, records_of
from burnish.report.trainings_joint import trainings_joint
from burnish.report.versus import drawn_note


def joint_sections(runs: Sequence[NamedRun]) -> list[Section]:
    """A section for every kind of which there are several runs; none for a single run."""
    together = [(say, [named for named in runs if named.run.manifest.kind in kinds]) for kinds, say in JOINT.items()]
    return [section for say, of in together if len(of) > 1 for section in say(of)]


def stats_of(named: NamedRun) -> NamedStats:
    """The counts of a run's dialogues, none included."""
    records = (record for _, _, record in records_of(named, "count") if isinstance(record, Dialogue | Dropped))
    return NamedStats(named.name, named.run.path, dialogue_stats(records))


def _dialogues(runs: Sequence[NamedRun]) -> list[Section]:
    """Figure 5 of FIRE with the splits laid over each other, as many as can be told apart; tables of all."""
    counted = [one for one in map(stats_of, runs) if one.stats.dialogues]
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


JOINT: Mapping[tuple[str, ...], Callable[[Sequence[NamedRun]], list[Section]]] = {
    ("answers",): answers_joint,
    ("standard", *JUDGED): benchmarks_joint,
    ("fixed",): fixed_joint,
    ("free",): free_joint,
    ("dpo", "sft", "student", "teacher"): trainings_joint,
    ("dialogues", "compose", "simulate", "free"): _dialogues,
}
"""By the kinds of runs that can be laid side by side."""
