"""The verb that shows a run in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.lazy import need
from burnish.verbs.telling import tell

if TYPE_CHECKING:
    from pathlib import Path

    from burnish.view.config import ViewConfig


def view(config: ViewConfig) -> None:
    """Serve the page until it is stopped."""
    need(("fastapi", "limits", "uvicorn"), "view", "view")
    from burnish.view.serve import serve_view

    serve_view(config, _tell_link)


def _tell_link(link: str, index: Path) -> None:
    from burnish.report.tables import Table

    table = Table(
        title="The run's page",
        columns=("link",),
        rows=((link,),),
        note="It grows with the run. Stop with Ctrl-C; the index may be deleted then.",
    )
    tell([table], [index])
