"""The verb that shows a run in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.lazy import need

if TYPE_CHECKING:
    from pathlib import Path

    from burnish.view.config import ViewConfig


def view(config: ViewConfig) -> None:
    """Serve the page until it is stopped."""
    need(("fastapi", "limits", "uvicorn"), "view", "view")
    from burnish.view.serve import serve_view

    serve_view(config, _print_link)


def _print_link(link: str, index: Path) -> None:
    from burnish.report.terminal import listed, prose, say

    listed("The page, which grows with the run:", [link])
    listed("Its index, which may be deleted afterwards:", [index])
    say("", prose("Stop with Ctrl-C."))
