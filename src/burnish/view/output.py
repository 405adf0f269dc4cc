"""The report's tables and figures of a run, made beside its index and kept there: they take a pass over the run."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

from burnish.errors import BurnishError
from burnish.ids import content_key
from burnish.report.kinds.training.log import LOG
from burnish.report.opening import plain_opening
from burnish.report.plots import as_svg
from burnish.report.section import NamedRun, Section
from burnish.report.sections import section_of
from burnish.store import Run
from burnish.view.index import noted, output_state, records_in
from burnish.view.page import templates
from burnish.view.schema import transaction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_REST = 10
"""The output of a run that grows is written again after so many times as long as that takes."""


class RenderedTables(NamedTuple):
    """Tables of a run as HTML, and the figures that it names."""

    html: str
    figures: Mapping[str, bytes]
    """SVG by name."""


@final
class OutputWriter:
    """Writes the output of one run, again and again while it grows."""

    def __init__(self, run: Path) -> None:
        self._run, self._rests_until = run, 0.0

    def update(self, index: sqlite3.Connection) -> None:
        """Write it, if there is something new and the last time is long enough ago. Raises RunError."""
        finished = noted(index, "finished")
        of = f"{records_in(index)} {_size(self._run / LOG)} {finished}"
        began = time.monotonic()
        if of == output_state(index) or (began < self._rests_until and not finished):
            return
        made = output_of(self._run)
        self._rests_until = time.monotonic() + _REST * (time.monotonic() - began)
        with transaction(index):
            index.execute("insert or replace into told (id, of, html) values (1, ?, ?)", (of, made.html))
            index.execute("delete from figures")
            index.executemany("insert into figures (name, svg) values (?, ?)", made.figures.items())


def output_of(run: Path) -> RenderedTables:
    """The section of a report; a sentence where it cannot be made, or not yet. Raises RunError."""
    figures: dict[str, bytes] = {}

    def drawing(figure: Figure) -> str:
        """The figure as a file beside the page."""
        name = content_key(svg := as_svg(figure))
        figures[name] = svg
        return f"figure/{name}"

    named = NamedRun(run.resolve().name, Run.open(run))
    try:
        section = section_of(*named)
    except BurnishError as error:
        section = Section(title="", lead=f"No tables and figures are shown: {error}")
    page = templates().overlay()
    page.filters = {**page.filters, "drawing": drawing}
    opening = plain_opening([named], [], [section])
    return RenderedTables(page.get_template("told.html").render(opening=opening, sections=[section]), figures)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
