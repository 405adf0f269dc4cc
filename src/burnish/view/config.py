"""The flags of `burnish view`. Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ViewConfig:
    """Show a run of any size in a browser: paged, searched, filtered, live while it is being written."""

    run: tyro.conf.Positional[str]
    """Folder of a run or a training, finished or not."""
    host: str = "127.0.0.1"
    """Address to listen on. On any address but this machine's own (the default), only people with the link, which holds
    a secret, can see anything."""
    port: int = 8001
    """Port to listen on; 0 takes a free one."""
    index: str | None = None
    """File for the search index, which can be deleted at any time. Default: a file in `burnish` in the user's cache
    folder (`$XDG_CACHE_HOME`, else `~/.cache`)."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"--port must be from 0 to 65535, not {self.port}.")
