"""What the verbs share: drawing a run's report, and telling what came of a call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burnish.records import Json
    from burnish.report.pages import Report
    from burnish.report.tables import Table


def draw(run: Path) -> Report:
    """The report of a run, in the run's own folder."""
    from burnish.report import ReportConfig
    from burnish.report.pages import write_report

    return write_report(ReportConfig(runs=(str(run),)))


def tell(shown: Report) -> None:
    """Show a report's tables, and where its files are."""
    show(shown.tables)
    if shown.files:
        print("\nWritten:", *(f"  {file}" for file in shown.files), sep="\n")


def show(tables: Iterable[Table]) -> None:
    """Print tables, an empty line before each."""
    from burnish.report.tables import to_text

    for table in tables:
        print(f"\n{to_text(table)}")


def write_json(path: str | None, numbers: Mapping[str, Json]) -> None:
    """Write the numbers to the file that `--json` names, if it names one."""
    if path:
        Path(path).write_text(json.dumps(numbers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def count(number: int, thing: str) -> str:
    """ "1 dialogue", "2,000 dialogues"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
