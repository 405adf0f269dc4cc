"""`burnish review` as a process of its own, on a free port."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from patience import HANG_S, get
from served_process import serving


class Served(NamedTuple):
    """A server that answers."""

    url: str
    process: subprocess.Popen[str]

    def links(self) -> list[str]:
        """Everybody's link, from the first page."""
        page = get(f"{self.url}/").raise_for_status().text
        return [f"{self.url}/{token}" for token in re.findall(r'href="/([0-9a-f]{40})"', page)]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=HANG_S)


@contextmanager
def served(*flags: str, port: int = 0) -> Iterator[Served]:
    """The server that `burnish review` starts with these flags."""
    with serving(["review", *flags, "--port", str(port)], r"http://\S+:\d+") as (url, process):
        yield Served(url, process)


def flags(run: Path, store: str | Path, **more: object) -> list[str]:
    """The words of the command line."""
    options = {"store": store, "sample": 3, "raters": 2} | more
    return [str(run), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
