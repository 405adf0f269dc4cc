"""Listens on an address until the process is stopped."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from burnish.errors import ConfigError

if TYPE_CHECKING:
    from fastapi import FastAPI

LONGEST_GOODBYE_S = 3
"""What is still being answered when the server is stopped may take this long."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0 is a free one. Raises ConfigError for an address that cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise ConfigError(
            f"--host {host} --port {port} cannot be used ({reason}): give an address of this machine, or another port."
        ) from error
    # Connections inherit it. Without it a short answer's last piece waits 40 ms for word of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(host: str, listening: socket.socket) -> str:
    """What a browser is given, a slash at its end."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve until the process is stopped: Ctrl-C is a KeyboardInterrupt, once the open answers are given."""
    settings = uvicorn.Config(
        app,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=LONGEST_GOODBYE_S,
    )
    uvicorn.Server(settings).run(sockets=[listening])
