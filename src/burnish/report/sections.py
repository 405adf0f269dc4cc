"""What is written about each kind of run: a new kind is one function here and one line in `SECTIONS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from burnish.errors import RunError
from burnish.fire.composed import ComposeResult
from burnish.fire.counts import count_dialogues
from burnish.progress import tracked
from burnish.report.answers_plots import answers_plots
from burnish.report.answers_tables import answers_tables
from burnish.report.asked_tables import asked_scores, asked_tables
from burnish.report.compose_tables import compose_tables
from burnish.report.dialogue_plots import dialogue_histograms
from burnish.report.dialogue_stats import StatsConfig, collect_stats
from burnish.report.dialogue_tables import dialogue_tables
from burnish.report.fire_plots import accuracy_by_turn
from burnish.report.fire_tables import fixed_tables, fooled_table, free_tables
from burnish.report.joint import stats_of
from burnish.report.judged_plots import judged_plots
from burnish.report.judged_tables import JUDGED, judged_tables
from burnish.report.pairs_plots import answer_lengths
from burnish.report.pairs_tables import pairs_tables, pairs_tiles
from burnish.report.replies_tables import with_replies
from burnish.report.sampled_summary import summarise_sampled
from burnish.report.sampled_tables import sampled_plots, sampled_tables
from burnish.report.section import NamedRun, Section, Tile, scores_of
from burnish.report.simulated_tables import simulated_tables
from burnish.report.summary import summarise_pairs
from burnish.report.tables import Table
from burnish.report.tiles import (
    answers_tiles,
    benchmark_tiles,
    counted_tiles,
    dialogue_tiles,
    fixed_tiles,
    fooled_tiles,
    free_tiles,
    sampled_tiles,
    training_tiles,
)
from burnish.report.training import LOG, read_log, training_table
from burnish.report.training_plots import training_curves
from burnish.scores import AnswersResult, FixedScores, FooledScores, FreeScores, StandardResult
from burnish.store import Run
from burnish.store.codec import to_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from matplotlib.figure import Figure


def section_of(name: str, run: Run) -> Section:
    """What there is to say of a run. Raises RunError for one that holds nothing to report."""
    kind = run.manifest.kind
    if kind not in SECTIONS:
        known = ", ".join(SECTIONS)
        raise RunError(f"{run.path} holds {kind}, of which there is no report: give one of {known}.")
    section = SECTIONS[kind](run)
    titled = replace(section, title=f"{section.title}: {name}")
    return titled if kind in TRAININGS else with_replies(titled, NamedRun(name, run))


def _pairs(run: Run) -> Section:
    """The answers' lengths as a plot, and tables."""
    summary = summarise_pairs(run)
    state = "" if run.summary is not None else " This run is not finished."
    return Section(
        title="Preference pairs",
        lead=f"{run.manifest.config.get('model', 'A model')} answered every question on the picture itself (chosen) "
        "and on distorted copies of it (rejected). Marked words differ. Log p is the log-probability of an answer, in "
        f"nats, that the model gives on the clean picture; the margin is chosen less mean rejected.{state}",
        tiles=pairs_tiles(summary),
        tables=tuple(pairs_tables(summary)),
        figures={"answer-lengths": answer_lengths(summary)} if summary.kept else {},
        numbers=summary.to_json(),
    )


def _answers(run: Run) -> Section:
    """The scores that `burnish bench answers` left in the run."""
    result = scores_of(AnswersResult, run)
    return _section("Answers", answers_tables(result), result, answers_tiles(result), answers_plots(result))


def _fixed(run: Run) -> Section:
    """FIRE's tables 2 and 3, of the scores that `burnish bench fixed` left in the run."""
    result = scores_of(FixedScores, run)
    return _section("Fixed dialogues", fixed_tables(result), result, fixed_tiles(result))


def _free(run: Run) -> Section:
    """FIRE's tables 4 to 6 and figure 7, of the scores that `burnish bench free` left in the run."""
    result = scores_of(FreeScores, run)
    figures = {"accuracy-by-turn": accuracy_by_turn(result)}
    return _section("Free dialogues", free_tables(result), result, free_tiles(result), figures)


def _fooled(run: Run) -> Section:
    """What `burnish bench teacher` counted."""
    result = scores_of(FooledScores, run)
    return _section("A teacher put to the test", [fooled_table(result)], result, fooled_tiles(result))


def _standard(run: Run) -> Section:
    """The scores that `burnish bench standard NAME` left in the run."""
    result = scores_of(StandardResult, run)
    return _section("Benchmark", asked_tables(result), result, benchmark_tiles(asked_scores(result)))


def _sampled(run: Run) -> Section:
    """How answers change with the temperature at which they are drawn."""
    summary = summarise_sampled(run)
    if not summary.rows:
        raise RunError(f"{run.path} holds no answer yet: call `burnish bench sampled` again with the same flags.")
    return Section(
        title="Sampled answers",
        lead="Nothing is scored here: `burnish bench judged consistency` and `grades` have a judge look at answers.",
        tiles=sampled_tiles(summary),
        tables=tuple(sampled_tables(summary)),
        figures=sampled_plots(summary),
        numbers=summary.to_json(),
    )


def _judged(run: Run) -> Section:
    """The scores that `burnish bench judged NAME` left in the run."""
    result = scores_of(JUDGED[run.manifest.kind], run)
    return _section("Judged", judged_tables(result), result, benchmark_tiles(result), judged_plots(result))


def _composed(run: Run) -> Section:
    """What became of the examples, and what that took."""
    result = scores_of(ComposeResult, run)
    tiles = counted_tiles(result.made, result.kept, result.turns)
    return _section("Composed dialogues", compose_tables(result), result, tiles, _histograms(run))


def _simulated(run: Run) -> Section:
    """What became of the examples."""
    if not len(run):
        raise RunError(f"{run.path} holds no record yet: call `burnish simulate` again with the same flags.")
    counts = count_dialogues(tracked(run, f"count {run.path.name}", len(run), unit="records"))
    return Section(
        title="Simulated dialogues",
        tiles=dialogue_tiles(counts),
        tables=tuple(simulated_tables(counts)),
        figures=_histograms(run),
        numbers=counts.to_json(),
    )


def _imported(run: Run) -> Section:
    """Figure 5 of FIRE, as `burnish stats` draws it."""
    shown = collect_stats(StatsConfig(runs=(str(run.path),)))
    return Section(
        title="Dialogues",
        tiles=(Tile("dialogues", f"{shown[0].stats.dialogues:,}"),),
        tables=tuple(dialogue_tables(shown)),
        figures={"dialogues": dialogue_histograms(shown)},
        numbers=shown[0].stats.to_json(),
    )


def _histograms(run: Run) -> Mapping[str, Figure]:
    """Figure 5 of FIRE, once there is a dialogue."""
    counted = stats_of(NamedRun(run.path.resolve().name, run))
    return {"dialogues": dialogue_histograms([counted])} if counted.stats.dialogues else {}


def _training(run: Run) -> Section:
    """Curves of a training, and where they begin and end."""
    path = run.path / LOG
    if not path.exists():
        raise RunError(f"{run.path} has no {LOG} yet: wait for the training's first step.")
    log = read_log(path)
    return Section(
        title=TRAININGS[run.manifest.kind],
        tiles=training_tiles(log),
        tables=(training_table(log),),
        figures={"training": training_curves(log, TRAININGS[run.manifest.kind])},
        numbers={"steps": [dict(step) for step in log]},
    )


def _section(
    title: str,
    tables: Sequence[Table],
    result: DataclassInstance,
    tiles: tuple[Tile, ...],
    figures: Mapping[str, Figure] = MappingProxyType({}),
) -> Section:
    return Section(title=title, tiles=tiles, tables=tuple(tables), figures=figures, numbers=to_json(result))


TRAININGS: Mapping[str, str] = {
    "dpo": "Training on preference pairs (DPO)",
    "sft": "Training on ground truths (SFT)",
    "student": "Training of a student",
    "teacher": "Training of a teacher",
}
"""What each training's figure is called."""
SECTIONS: Mapping[str, Callable[[Run], Section]] = {
    "pairs": _pairs,
    "answers": _answers,
    "fixed": _fixed,
    "free": _free,
    "teacher bench": _fooled,
    "standard": _standard,
    "sampled": _sampled,
    "compose": _composed,
    "simulate": _simulated,
    "dialogues": _imported,
    **dict.fromkeys(TRAININGS, _training),
    **dict.fromkeys(JUDGED, _judged),
}
"""By the kind that a run's manifest names."""
