"""The verbs that show, check or hand on what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.verbs.telling import count, tell, write_json

if TYPE_CHECKING:
    from burnish.export import ExportConfig
    from burnish.report import ReportConfig
    from burnish.report.dialogue_stats import StatsConfig
    from burnish.report.sheet import SheetConfig
    from burnish.report.validation import ValidateConfig


def distort(config: SheetConfig) -> None:
    """Draw the contact sheet."""
    from burnish.report.sheet import draw_sheet

    result = draw_sheet(config)
    print(f"{len(result.distortions)} distortions are drawn on {result.path}.")


def report(config: ReportConfig) -> None:
    """Draw what a run or a training holds."""
    from burnish.report.pages import write_report

    shown = write_report(config)
    write_json(config.json, shown.numbers)
    tell(shown)


def stats(config: StatsConfig) -> None:
    """Count dialogues, then draw their six histograms."""
    from burnish.report.dialogue_page import write_stats

    shown = write_stats(config)
    write_json(config.json, shown.numbers)
    tell(shown)


def validate(config: ValidateConfig) -> None:
    """List what is wrong with a file. Raises SourceError, whose exit code says so, if anything is."""
    from burnish.errors import SourceError
    from burnish.report.tables import to_text
    from burnish.report.validation import one_line
    from burnish.report.validation import validate as check

    result = check(config)
    write_json(config.json, result.to_json())
    if not result.faults:
        print(f"{result.path} is sound: {count(result.items, 'item')}, nothing wrong.")
        return
    for found in result.listed:
        print(one_line(found))
    if hidden := result.faults - len(result.listed):
        print(f"… and {count(hidden, 'fault')} more: --show {result.faults} lists all.")
    print(f"\n{to_text(result.table())}\n")
    faults = count(result.faults, "fault")
    raise SourceError(f"{result.path} has {faults}: mend what is listed, and validate it again.")


def export(config: ExportConfig) -> None:
    """Write a run in another tool's format."""
    from burnish.export import export_run

    result = export_run(config)
    print(f"{result.rows:,} rows of {result.records:,} records are in {result.folder}.")
    for reason, number in result.left_out.items():
        print(f"  left out: {number:,} ({reason})")
    write_json(config.json, {"records": result.records, "rows": result.rows, "left_out": {**result.left_out}})
