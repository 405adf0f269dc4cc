"""`burnish review` as a process of its own, on a free port."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx


class Served(NamedTuple):
    """A server that answers."""

    url: str
    process: subprocess.Popen[str]

    def links(self) -> list[str]:
        """Everybody's link, from the first page."""
        page = httpx.get(f"{self.url}/").raise_for_status().text
        return [f"{self.url}/{token}" for token in re.findall(r'href="/([0-9a-f]{40})"', page)]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)


@contextmanager
def served(*flags: str, port: int = 0) -> Iterator[Served]:
    """The server that `burnish review` starts with these flags."""
    command = [sys.executable, "-m", "burnish", "review", *flags, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield Served(_address(process), process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def _address(process: subprocess.Popen[str]) -> str:
    """What the process says once it listens."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://\S+:\d+", line):
            return found[0]
    raise AssertionError(f"burnish review ended: {said}")


def flags(run: Path, store: str | Path, **more: object) -> list[str]:
    """The words of the command line."""
    options = {"store": store, "sample": 3, "raters": 2} | more
    return [str(run), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
