"""What the verbs share: a call ends with tables, and with where things are. How they look is `report/terminal.py`'s."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burnish.records import Json
    from burnish.report.pages import Report
    from burnish.report.tables import Table


def tell(tables: Iterable[Table], files: Iterable[Path | str] = ()) -> None:
    """Show tables, and where the files are."""
    from burnish.report.terminal import show

    show(tables, files)


def tell_report(shown: Report, json_file: str | None) -> None:
    """Show a report, and write its numbers to the file that `--json` names."""
    tell(shown.tables, (*shown.files, *write_json(json_file, shown.numbers)))


def tell_run(run: Path, json_file: str | None) -> None:
    """Draw the report of a run, and show it."""
    tell_report(draw(run), json_file)


def draw(run: Path) -> Report:
    """The report of a run, in the run's own folder."""
    from burnish.report import ReportConfig
    from burnish.report.pages import write_report

    return write_report(ReportConfig(runs=(str(run),)))


def write_json(file: str | None, numbers: Mapping[str, Json]) -> tuple[str, ...]:
    """Write the numbers to the file that `--json` names, and name it, if it names one."""
    if not file:
        return ()
    Path(file).write_text(json.dumps(numbers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return (file,)
