"""What the command line calls: each verb joins rooms that never meet in code, and tells the result in plain words."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burnish.bench.answers import AnswersConfig
    from burnish.bench.compare.configs import CompareConfig
    from burnish.bench.fixed import FixedConfig
    from burnish.bench.free import FreeConfig
    from burnish.bench.judged.agreement import AgreementConfig
    from burnish.bench.judged.configs import JudgeFlags
    from burnish.bench.sampled import SampledConfig
    from burnish.bench.score import ScoreFixedConfig, ScoreFreeConfig
    from burnish.bench.standard.asking.configs import AskConfig
    from burnish.bench.standard.configs import MakePopeConfig
    from burnish.bench.standard.registry import ScoreStandardConfig, SubmitConfig
    from burnish.export import ExportConfig
    from burnish.make.compose import ComposeConfig
    from burnish.make.importing import ImportConfig
    from burnish.make.pairs import PairsConfig
    from burnish.make.simulate import SimulateConfig
    from burnish.records import Json
    from burnish.report import ReportConfig
    from burnish.report.dialogue_stats import StatsConfig
    from burnish.report.pages import Report
    from burnish.report.sheet import SheetConfig
    from burnish.report.tables import Table
    from burnish.report.validation import ValidateConfig
    from burnish.review.config import ImportRatingsConfig, ReviewConfig, ReviewSummaryConfig
    from burnish.train.config import DPOConfig, SFTConfig, TrainConfig
    from burnish.train.dialogue_config import ShowMaskConfig, StudentConfig, TeacherConfig
    from burnish.train.session import TrainResult


def distort(config: SheetConfig) -> None:
    """Draw the contact sheet."""
    from burnish.report.sheet import draw_sheet

    result = draw_sheet(config)
    print(f"{len(result.distortions)} distortions are drawn on {result.path}.")


def pairs(config: PairsConfig) -> None:
    """Make the pairs, then their tables, plot and page of samples."""
    from burnish.make.pairs import make_pairs

    made = make_pairs(config)
    shown = _draw(made.run)
    _write_json(config.json, shown.numbers)
    _tell(shown)


def compose(config: ComposeConfig) -> None:
    """Compose dialogues, then tell what came of it. Raises RunError, whose exit code says so, if none is kept."""
    from burnish.errors import RunError
    from burnish.make.compose import compose as make

    result = make(config)
    shown = _draw(Path(config.out))
    _write_json(config.json, shown.numbers)
    _tell(shown)
    if not result.kept:
        raise RunError(
            f"None of the {result.made:,} examples became a dialogue: see the reasons above, and what the model said "
            f"in {Path(config.out) / 'attempts'}."
        )


def simulate(config: SimulateConfig) -> None:
    """Hold the dialogues, then count them."""
    from burnish.make.simulate import simulate as make

    shown = _draw(make(config))
    _write_json(config.json, shown.numbers)
    _tell(shown)


def train_dpo(config: DPOConfig) -> None:
    """Train on preference pairs, then draw the curves."""
    from burnish.train.session import train_dpo as train

    _tell_training(config, train(config))


def train_sft(config: SFTConfig) -> None:
    """Train on ground truths, then draw the curves."""
    from burnish.train.session import train_sft as train

    _tell_training(config, train(config))


def train_student(config: StudentConfig) -> None:
    """Train on responses that follow feedback, then draw the curves."""
    from burnish.train.session import train_student as train

    _tell_training(config, train(config))


def train_teacher(config: TeacherConfig) -> None:
    """Train on feedback, then draw the curves."""
    from burnish.train.session import train_teacher as train

    _tell_training(config, train(config))


def show_mask(config: ShowMaskConfig) -> None:
    """Print a dialogue with its trained tokens marked."""
    from burnish.train.show_mask import COLOURED, PLAIN
    from burnish.train.show_mask import show_mask as shown

    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(shown(config, COLOURED if coloured else PLAIN))


def bench_answers(config: AnswersConfig) -> None:
    """Ask and score, then draw tables and plots."""
    from burnish.bench.answers import bench_answers as bench

    bench(config)
    shown = _draw(Path(config.out))
    _write_json(config.json, shown.numbers)
    _tell(shown)


def bench_fixed(config: FixedConfig) -> None:
    """Ask and score, then show tables 2 and 3 of FIRE."""
    from burnish.bench.fixed import bench_fixed as bench

    bench(config)
    shown = _draw(Path(config.out))
    _write_json(config.json, shown.numbers)
    _tell(shown)


def bench_free(config: FreeConfig) -> None:
    """Hold dialogues and score them, then show tables 4 to 6 and figure 7 of FIRE."""
    from burnish.bench.free import bench_free as bench

    bench(config)
    shown = _draw(Path(config.out))
    _write_json(config.json, shown.numbers)
    _tell(shown)


def bench_standard(config: AskConfig) -> None:
    """Ask a standard benchmark's questions, write the answers, and show the scores."""
    from burnish.bench.standard.asking.bench import bench_standard as bench

    bench(config)
    shown = _draw(Path(config.out))
    _write_json(config.json, shown.numbers)
    _tell(shown)


def bench_sampled(config: SampledConfig) -> None:
    """Draw answers, and tell where they are."""
    from burnish.bench.sampled import bench_sampled as bench
    from burnish.store.codec import to_json

    result = bench(config)
    _write_json(config.json, to_json(result))
    left_out = f" ({result.dropped:,} dropped)" if result.dropped else ""
    print(
        f"{_count(result.answers, 'answer')} to {_count(result.questions, 'question')}{left_out} are in {config.out}."
    )


def bench_judged(config: JudgeFlags) -> None:
    """Ask a judge and score what it says, then show the benchmark's tables."""
    from burnish.bench.judged.registry import bench

    bench(config)
    shown = _draw(Path(config.out))
    _write_json(config.json, shown.numbers)
    _tell(shown)


def score_agreement(config: AgreementConfig) -> None:
    """Measure one judge by another."""
    from burnish.bench.judged.agreement import score_agreement as score
    from burnish.report.judged_tables import judged_tables
    from burnish.store.codec import to_json

    scores = score(config)
    _write_json(config.json, to_json(scores))
    _show(judged_tables(scores))


def make_pope(config: MakePopeConfig) -> None:
    """Write the questions of a POPE, and tell of what."""
    from burnish.bench.standard.pope_making import make_pope as make

    made = make(config)
    files = [str(file) for file in made.files]
    _write_json(config.json, {**made._asdict(), "files": [*files]})
    print(
        f"{_count(made.questions, 'question')} a split about {_count(made.pictures, 'picture')}, of {made.eligible:,} "
        f"with {config.objects} kinds of objects or more."
    )
    print("\nWritten:", *(f"  {file}" for file in files), sep="\n")


def score_fixed(config: ScoreFixedConfig) -> None:
    """Score predictions, and show tables 2 and 3 of FIRE."""
    from burnish.bench.score import score_fixed as score
    from burnish.report.fire_tables import fixed_tables
    from burnish.store.codec import to_json

    scores = score(config)
    _write_json(config.json, to_json(scores))
    _show(fixed_tables(scores))


def score_free(config: ScoreFreeConfig) -> None:
    """Score dialogues, and show tables 4 to 6 of FIRE."""
    from burnish.bench.score import score_free as score
    from burnish.report.fire_plots import accuracy_by_turn
    from burnish.report.fire_tables import free_tables
    from burnish.report.plots import save
    from burnish.store.codec import to_json

    scores = score(config)
    _write_json(config.json, to_json(scores))
    _show(free_tables(scores))
    if config.plot:
        print(f"\nThe accuracy by turn is drawn on {save(accuracy_by_turn(scores), Path(config.plot))}.")


def score_standard(config: ScoreStandardConfig) -> None:
    """Score recorded predictions of a standard benchmark, and show its table."""
    from burnish.bench.standard.recording import recorded
    from burnish.bench.standard.registry import score
    from burnish.report.standard_tables import standard_tables
    from burnish.store.codec import to_json

    scored = score(config)
    made = recorded(config, scored)
    _write_json(config.json, {**to_json(scored.scores), "recorded": to_json(made)})
    _show(standard_tables(scored.scores))


def compare(config: CompareConfig) -> None:
    """Pair two results, say whether the second is better, and show the questions that flipped."""
    from burnish.bench.compare.verb import compare as pair
    from burnish.report.compare_page import write_comparison
    from burnish.report.compare_tables import verdict_line

    compared = pair(config)
    shown = write_comparison(compared, config.folder, config.flips)
    _write_json(config.json, shown.numbers)
    print(verdict_line(compared))
    _tell(shown)


def submit(config: SubmitConfig) -> None:
    """Write recorded answers for a benchmark's server."""
    from burnish.bench.standard.registry import submit as write

    written = write(config)
    empty = f", {written.empty:,} of them empty" if written.empty else ""
    print(f"{_count(written.answers, 'answer')}{empty} are in {written.path}: upload it to the benchmark's server.")


def report(config: ReportConfig) -> None:
    """Draw what a run or a training holds."""
    from burnish.report.pages import write_report

    shown = write_report(config)
    _write_json(config.json, shown.numbers)
    _tell(shown)


def export(config: ExportConfig) -> None:
    """Write a run in another tool's format."""
    from burnish.export import export_run

    result = export_run(config)
    print(f"{result.rows:,} rows of {result.records:,} records are in {result.folder}.")
    for reason, count in result.left_out.items():
        print(f"  left out: {count:,} ({reason})")
    _write_json(config.json, {"records": result.records, "rows": result.rows, "left_out": {**result.left_out}})


def import_dialogues(config: ImportConfig) -> None:
    """Fill a run with the dialogues of a file."""
    from burnish.make.importing import import_dialogues as bring

    result = bring(config)
    print(f"{result.kept:,} dialogues of {result.items:,} items are in {result.run}.")
    for reason, count in result.dropped.items():
        print(f"  left out: {count:,} ({reason})")
    if result.unscored:
        print(f"  feedback without a score that can be read: {result.unscored:,}")
    _write_json(config.json, result.to_json())


def validate(config: ValidateConfig) -> None:
    """List what is wrong with a file. Raises SourceError, whose exit code says so, if anything is."""
    from burnish.errors import SourceError
    from burnish.report.tables import to_text
    from burnish.report.validation import one_line
    from burnish.report.validation import validate as check

    result = check(config)
    _write_json(config.json, result.to_json())
    if not result.faults:
        print(f"{result.path} is sound: {_count(result.items, 'item')}, nothing wrong.")
        return
    for found in result.listed:
        print(one_line(found))
    if hidden := result.faults - len(result.listed):
        print(f"… and {_count(hidden, 'fault')} more: --show {result.faults} lists all.")
    print(f"\n{to_text(result.table())}\n")
    faults = _count(result.faults, "fault")
    raise SourceError(f"{result.path} has {faults}: mend what is listed, and validate it again.")


def stats(config: StatsConfig) -> None:
    """Count dialogues, then draw their six histograms."""
    from burnish.report.dialogue_page import write_stats

    shown = write_stats(config)
    _write_json(config.json, shown.numbers)
    _tell(shown)


def review(config: ReviewConfig) -> None:
    """Serve the page until it is stopped."""
    from burnish.review.web.serve import serve_review

    serve_review(config)


def import_ratings(config: ImportRatingsConfig) -> None:
    """Take ratings into the store, and tell how many."""
    from burnish.review.importing import import_ratings as bring

    result = bring(config)
    print(
        f"{_count(result.ratings, 'rating')} of {_count(result.dialogues, 'dialogue')} are in {config.store}, "
        f"{result.news:,} of them new."
    )
    if result.unusable:
        print(f"  left out: {result.unusable:,} (not from 1 to 5, or of a message that is not rated)")


def review_summary(config: ReviewSummaryConfig) -> None:
    """Count what people said, and show FIRE's table A1."""
    from burnish.report.review_tables import review_tables
    from burnish.review.writing import summarise
    from burnish.store.codec import to_json

    result = summarise(config)
    _write_json(config.json, to_json(result.scores))
    _show(review_tables(result.scores))
    if result.files:
        print("\nWritten:", *(f"  {file}" for file in result.files), sep="\n")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _tell_training(config: TrainConfig, result: TrainResult) -> None:
    """Once, however many processes trained."""
    from burnish.train.config import is_main_process

    if is_main_process():
        _write_json(config.json, result.summary)
        _tell(_draw(result.checkpoint))
        print(f"\nThe adapter is in {result.checkpoint}: give it as --adapter, or load it with PEFT.")


def _draw(run: Path) -> Report:
    """The report of a run, in the run's own folder."""
    from burnish.report import ReportConfig
    from burnish.report.pages import write_report

    return write_report(ReportConfig(run=str(run)))


def _show(tables: Iterable[Table]) -> None:
    from burnish.report.tables import to_text

    for table in tables:
        print(f"\n{to_text(table)}")


def _tell(shown: Report) -> None:
    _show(shown.tables)
    if shown.files:
        print("\nWritten:", *(f"  {file}" for file in shown.files), sep="\n")


def _write_json(path: str | None, numbers: Mapping[str, Json]) -> None:
    if path:
        Path(path).write_text(json.dumps(numbers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
