"""A verb that serves a page, as a process of its own on a free port."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from patience import HANG_S


@contextmanager
def serving(
    words: Sequence[str], address: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The process that `burnish WORDS` starts, with the first thing it says that has the form `address`."""
    command = [sys.executable, "-m", "burnish", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    try:
        yield _address(process, address), process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=HANG_S)


def _address(process: subprocess.Popen[str], form: str) -> str:
    """What the process says once it listens."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(form, line):
            return found[0]
    raise AssertionError(f"burnish ended: {said}")
