"""The verbs that show, check or hand on what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from burnish.verbs.output import print_report, print_tables, report_of, write_json

if TYPE_CHECKING:
    from burnish.check.config import CheckConfig
    from burnish.export import ExportConfig
    from burnish.export.model_card import CardConfig
    from burnish.records import Prediction
    from burnish.report import ReportConfig
    from burnish.report.dialogue_stats import StatsConfig
    from burnish.report.sheet import SheetConfig
    from burnish.report.show import ShowConfig
    from burnish.report.show.writing import AnswerVerdict
    from burnish.report.validation import ValidateConfig

_TOLD = ("answers", "description")
"""Families of metrics that say something of a single answer."""


def distort(config: SheetConfig) -> None:
    """Draw the contact sheet."""
    from burnish.report.sheet import draw_sheet
    from burnish.report.tables import Table

    result = draw_sheet(config)
    table = Table(
        title=f"{config.image} distorted",
        columns=("distortion", "what it does"),
        rows=tuple((distortion.spec, distortion.what) for distortion in result.distortions),
        text_columns=frozenset({0, 1}),
    )
    print_tables([table], [result.path])


def check(config: CheckConfig) -> None:
    """Try a model. Raises ModelError, whose exit code says so, if anything is wrong with it."""
    from burnish.check.check import check as tried
    from burnish.errors import ModelError
    from burnish.report.tables import Table

    found = tried(config)
    table = Table(title=config.model, columns=("", "found"), rows=found.rows(), text_columns=frozenset({0, 1}))
    print_tables([table], write_json(config.json, found.to_json()))
    if not found.ok:
        raise ModelError(f"{config.model} cannot be used as it is: {found.problems[0]}")


def report(config: ReportConfig) -> None:
    """Draw what a run or a training holds."""
    from burnish.verbs.shards import whole_runs

    print_report(report_of(replace(config, runs=whole_runs(config.runs))), config.json)


def show(config: ShowConfig) -> None:
    """Print a record of a run."""
    from burnish.report.show.printing import show_run

    show_run(config, _verdict)


def _verdict(prediction: Prediction) -> AnswerVerdict:
    """Right or wrong by exact match, or by yes and no where that is the truth; of an open description, its shares."""
    from burnish.bench.scorers import METRICS, score
    from burnish.errors import RunError
    from burnish.report.show.writing import AnswerVerdict

    if not prediction.answer:
        return AnswerVerdict(None, {})
    try:
        terms = score(prediction)
    except RunError:  # a task of the pocket world in a run that does not know the scene
        return AnswerVerdict(None, {})
    decisive = terms.get("pope_accuracy", terms.get("exact_match"))
    written = {METRICS[name].title: term for name, term in terms.items() if METRICS[name].family in _TOLD}
    shares = {title: term.numerator / term.denominator for title, term in written.items() if term.denominator}
    return AnswerVerdict(decisive.numerator == 1 if decisive else None, shares)


def stats(config: StatsConfig) -> None:
    """Count dialogues, then draw their six histograms."""
    from burnish.report.dialogue_page import write_stats
    from burnish.verbs.shards import whole_runs

    print_report(write_stats(replace(config, runs=whole_runs(config.runs))), config.json)


def validate(config: ValidateConfig) -> None:
    """List what is wrong with a file. Raises SourceError, whose exit code says so, if anything is."""
    from burnish.errors import SourceError
    from burnish.report.validation import validate as check

    result = check(config)
    print_tables(result.tables(), write_json(config.json, result.to_json()))
    if result.faults:
        faults = f"{result.faults:,} fault{'' if result.faults == 1 else 's'}"
        raise SourceError(f"{result.path} has {faults}: fix what is listed, and validate it again.")


def export(config: ExportConfig) -> None:
    """Write a run in another tool's format."""
    from burnish.export import export_run
    from burnish.report.counts_tables import counted
    from burnish.verbs.shards import whole_run

    config = replace(config, run=whole_run((config.run, *config.more_runs)), more_runs=())
    result = export_run(config)
    counts = {"records": result.records, "rows": result.rows}
    written = write_json(config.json, {**counts, "left_out": {**result.left_out}})
    print_tables([counted(f"{config.run} for {config.to}", counts, result.left_out)], [result.folder, *written])


def card(config: CardConfig) -> None:
    """Write the card, with what `burnish compare` says of the runs; upload it where that is asked for."""
    from burnish.bench.compare.among import compare_among
    from burnish.errors import RunError
    from burnish.export.model_card import push, write_cards

    compared = compare_among(config.runs)
    if config.runs and not compared:
        raise RunError(f"{', '.join(config.runs)} are not comparable: give two results of the same questions.")
    files = write_cards(config, compared)
    print_tables([], [*files, *([push(config, config.push)] if config.push else [])])
