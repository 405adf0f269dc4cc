"""Opens a run, follows it, tells the page's link, and serves until it is stopped."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from burnish.ids import content_key
from burnish.plain_files import cache_folder
from burnish.store.manifest import read_manifest
from burnish.view.app import create_app
from burnish.view.config import ViewConfig
from burnish.view.schema import open_writing
from burnish.view.tail import tailing
from burnish.web.guard import is_loopback
from burnish.web.serving import address, listen, serve


def serve_view(config: ViewConfig, tell: Callable[[str, Path], None]) -> None:
    """Serve the page until the process is stopped; `tell` is given its link and the index when it can be opened.

    Raises RunError for a folder that is not a run, and for an index that cannot be used; OSError for an address.
    """
    run = Path(config.run)
    read_manifest(run)
    index = Path(config.index) if config.index else index_path(run)
    open_writing(index).close()
    with listen(config.host, config.port) as listening, tailing(run, index):
        secret = "" if is_loopback(config.host) else secrets.token_hex(20)
        app = create_app(run, index, host=config.host, secret=secret)
        tell(f"{address(config.host, listening)}{f'{secret}/' if secret else ''}", index)
        serve(app, listening)


def index_path(run: Path) -> Path:
    """Where the index of a run lies unless one says otherwise: among the user's caches, named after the folder."""
    place = run.resolve()
    return cache_folder() / f"view-{place.name}-{content_key(os.fsencode(place))[:12]}.sqlite"
