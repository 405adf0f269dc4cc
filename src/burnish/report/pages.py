"""What is written about each kind of run: a new kind is one function here and one line in `WRITERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from burnish.errors import RunError
from burnish.fire.composed import ComposeResult
from burnish.fire.counts import count_dialogues
from burnish.records import Json, PreferencePair
from burnish.report import ReportConfig
from burnish.report.answers_plots import answers_plots
from burnish.report.answers_tables import answers_tables
from burnish.report.asked_tables import asked_tables
from burnish.report.compose_tables import compose_tables
from burnish.report.dialogue_plots import dialogue_histograms
from burnish.report.dialogue_stats import StatsConfig, collect_stats
from burnish.report.dialogue_tables import dialogue_tables
from burnish.report.fire_plots import accuracy_by_turn
from burnish.report.fire_tables import fixed_tables, free_tables
from burnish.report.judged_plots import judged_plots
from burnish.report.judged_tables import judged_tables
from burnish.report.pairs_page import pairs_page, sample
from burnish.report.pairs_plots import answer_lengths
from burnish.report.pairs_tables import pairs_tables
from burnish.report.plots import save
from burnish.report.simulated_tables import simulated_tables
from burnish.report.summary import summarise_pairs
from burnish.report.tables import Table, to_markdown
from burnish.report.training import LOG, read_log, training_curves, training_table
from burnish.scores import (
    AnswersResult,
    ConsistencyJudged,
    FixedScores,
    FreeScores,
    GradesJudged,
    Judged,
    LlavaBenchJudged,
    MmVetJudged,
    PairwiseJudged,
    ShrJudged,
    StandardResult,
)
from burnish.store import Run
from burnish.store.codec import from_json, to_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

S = TypeVar("S", AnswersResult, ComposeResult, FixedScores, FreeScores, Judged, StandardResult)


class Report(NamedTuple):
    """What was written, and the tables and numbers to show beside it."""

    files: tuple[Path, ...]
    tables: tuple[Table, ...]
    numbers: Mapping[str, Json]


def write_report(config: ReportConfig) -> Report:
    """Write the report that fits the run's kind. Raises RunError for a folder that holds nothing to report."""
    run = Run.open(Path(config.run))
    if run.manifest.kind not in WRITERS:
        known = ", ".join(WRITERS)
        raise RunError(f"{run.path} holds {run.manifest.kind}, of which there is no report: give one of {known}.")
    out = Path(config.out) if config.out else run.path / "report"
    report = WRITERS[run.manifest.kind](run, out, config)
    origin: dict[str, Json] = {"run": str(run.path), "manifest": to_json(run.manifest)}
    return report._replace(numbers={**origin, **report.numbers})


def report_pairs(run: Run, out: Path, config: ReportConfig) -> Report:
    """A page of samples, the answers' lengths as a plot, and tables."""
    summary = summarise_pairs(run)
    tables = pairs_tables(summary)
    pairs = sample(run.records(PreferencePair), config.samples, config.seed)
    html = pairs_page(run, summary, pairs)
    page = _write(out / "index.html", html)
    figures = {"answer-lengths": answer_lengths(summary)} if summary.kept else {}
    return Report((page, *_write_all(run, out, tables, figures)), tuple(tables), summary.to_json())


def report_answers(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Tables and plots of the scores that `burnish bench answers` left in the run."""
    result = _scores(AnswersResult, run)
    tables = answers_tables(result)
    return Report(_write_all(run, out, tables, answers_plots(result)), tuple(tables), to_json(result))


def report_fixed(run: Run, out: Path, _config: ReportConfig) -> Report:
    """FIRE's tables 2 and 3, of the scores that `burnish bench fixed` left in the run."""
    result = _scores(FixedScores, run)
    tables = fixed_tables(result)
    return Report(_write_all(run, out, tables, {}), tuple(tables), to_json(result))


def report_free(run: Run, out: Path, _config: ReportConfig) -> Report:
    """FIRE's tables 4 to 6 and figure 7, of the scores that `burnish bench free` left in the run."""
    result = _scores(FreeScores, run)
    tables = free_tables(result)
    figures = {"accuracy-by-turn": accuracy_by_turn(result)}
    return Report(_write_all(run, out, tables, figures), tuple(tables), to_json(result))


def report_standard(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Tables of the scores that `burnish bench standard NAME` left in the run."""
    result = _scores(StandardResult, run)
    tables = asked_tables(result)
    return Report(_write_all(run, out, tables, {}), tuple(tables), to_json(result))


def report_judged(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Tables and plots of the scores that `burnish bench judged NAME` left in the run."""
    result = _scores(JUDGED[run.manifest.kind], run)
    tables = judged_tables(result)
    return Report(_write_all(run, out, tables, judged_plots(result)), tuple(tables), to_json(result))


def report_composed(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Tables of what became of the examples, and what that took."""
    result = _scores(ComposeResult, run)
    tables = compose_tables(result)
    return Report(_write_all(run, out, tables, {}), tuple(tables), to_json(result))


def report_simulated(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Tables of what became of the examples."""
    if not len(run):
        raise RunError(f"{run.path} holds no record yet: call `burnish simulate` again with the same flags.")
    counts = count_dialogues(run)
    tables = simulated_tables(counts)
    return Report(_write_all(run, out, tables, {}), tuple(tables), counts.to_json())


def report_imported(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Figure 5 of FIRE, as `burnish stats` draws it."""
    shown = collect_stats(StatsConfig(runs=(str(run.path),)))
    tables = dialogue_tables(shown)
    figures = {"dialogues": dialogue_histograms(shown)}
    return Report(_write_all(run, out, tables, figures), tuple(tables), shown[0].stats.to_json())


def report_training(run: Run, out: Path, _config: ReportConfig) -> Report:
    """Curves of a training, and where they begin and end."""
    path = run.path / LOG
    if not path.exists():
        raise RunError(f"{run.path} has no {LOG} yet: wait for the training's first step.")
    log = read_log(path)
    table = training_table(log)
    figures = {"training": training_curves(log, f"Training {run.path.name} ({run.manifest.kind.upper()})")}
    numbers: dict[str, Json] = {"steps": [dict(step) for step in log]}
    return Report(_write_all(run, out, [table], figures), (table,), numbers)


JUDGED: Mapping[str, type[Judged]] = {
    "judged mmvet": MmVetJudged,
    "judged llava-bench": LlavaBenchJudged,
    "judged shr": ShrJudged,
    "judged consistency": ConsistencyJudged,
    "judged pairwise": PairwiseJudged,
    "judged grades": GradesJudged,
}
"""What each judged benchmark leaves in its run."""
WRITERS: Mapping[str, Callable[[Run, Path, ReportConfig], Report]] = {
    "pairs": report_pairs,
    "answers": report_answers,
    "fixed": report_fixed,
    "free": report_free,
    "standard": report_standard,
    "compose": report_composed,
    "simulate": report_simulated,
    "dialogues": report_imported,
    "dpo": report_training,
    "sft": report_training,
    "student": report_training,
    "teacher": report_training,
    **dict.fromkeys(JUDGED, report_judged),
}
"""By the kind that a run's manifest names."""


def _scores(kind: type[S], run: Run) -> S:
    """What a verb left in its run. Raises RunError where that is nothing, or of another version."""
    made = run.manifest.kind
    verb = f"`burnish {made if made == 'compose' else f'bench {made}'}`"
    if run.summary is None:
        raise RunError(f"{run.path} has no scores yet: call {verb} again with the same flags.")
    try:
        return from_json(kind, run.summary)
    except ValueError as error:
        raise RunError(
            f"The scores of {run.path} were written by another version of Burnish ({error}): "
            f"call {verb} with the same flags again, which scores the answers anew."
        ) from error


def _write_all(run: Run, out: Path, tables: Sequence[Table], figures: Mapping[str, Figure]) -> tuple[Path, ...]:
    made = run.manifest
    prints = "".join(f", {name} `{digest[:12]}`" for name, digest in made.fingerprints.items())
    origin = f"`{run.path}`, begun {made.created} by Burnish {made.version} with seed {made.seed}{prints}."
    text = "\n\n".join([f"# {run.path.name}", origin, *map(to_markdown, tables)])
    files = [_write(out / "tables.md", f"{text}\n")]
    return (*files, *(save(figure, out / f"{name}.png") for name, figure in figures.items()))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
