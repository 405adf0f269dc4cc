"""Records in notebooks: a pair or a dialogue that a cell ends with is shown with its pictures."""

from __future__ import annotations

import sys
from pathlib import Path

from burnish.errors import RunError
from burnish.records import Dialogue, Dropped, Judgement, Prediction, PreferencePair, Record
from burnish.store import Run

_OPENED: dict[Path, Run] = {}
"""The runs that records may come from, the last opened last: a record names its picture, not its run."""


def show_records_of(run: Run) -> None:
    """Let IPython, if this is one, show this run's records as HTML."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return
    _OPENED[run.path] = run
    for kind in (PreferencePair, Dialogue, Prediction, Judgement, Dropped):
        shell.display_formatter.formatters["text/html"].for_type(kind, record_html)


def record_html(record: Record) -> str | None:
    """The record with the pictures of the run that has them; None, which shows it as text, where none has."""
    from burnish.api.cells import record_cell

    for run in reversed(_OPENED.values()):
        if isinstance(record, Judgement | Dropped) or _has_picture(run, record.image):
            return record_cell(run, record).html
    return None


def _has_picture(run: Run, key: str) -> bool:
    try:
        return run.image_path(key).is_file()
    except RunError:
        return False
