"""A written report, which notebooks show as the page that it is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from pathlib import Path

    from burnish.report.pages import WrittenReport

HEIGHT = 640
"""Pixels of the page in a notebook's cell."""


@final
class Report:
    """Where the page is, what it says first, and every number of it."""

    def __init__(self, written: WrittenReport) -> None:
        self.page: Path = written.files[0]
        self.files = written.files
        self.verdicts = written.verdicts
        self.numbers = written.numbers

    def __repr__(self) -> str:
        return f"Report({str(self.page)!r})"

    def _repr_html_(self) -> str:
        """The page in a frame of its own, whose style and script touch nothing else."""
        page = escape(self.page.read_text(encoding="utf-8"))
        return f'<iframe srcdoc="{page}" width="100%" height="{HEIGHT}" style="border:1px solid #ccc"></iframe>'
