"""A command on a real pseudo-terminal, which answers what programs ask of terminals."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

from patience import HANG_S

CELL = (10, 20)
"""Pixels of a cell."""


def on_terminal(
    command: Sequence[str], *, columns: int = 80, answers: Mapping[bytes, bytes] | None = None, **environment: str
) -> str:
    """All that the command writes, both streams; `answers` are what is typed when it has written their keys.

    Raises AssertionError where it fails or hangs.
    """
    master, slave = pty.openpty()
    rows = 40
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * CELL[0], rows * CELL[1]))
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    settings = {**plain, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=settings, start_new_session=True, close_fds=True
    )
    os.close(slave)
    try:
        written = _conversation(master, process, dict(answers or {}))
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert process.returncode == 0, written
    return written.decode().replace("\r\n", "\n")


def _conversation(master: int, process: subprocess.Popen[bytes], answers: dict[bytes, bytes]) -> bytes:
    written = b""
    ends = time.monotonic() + HANG_S
    while time.monotonic() < ends:
        if not select.select([master], [], [], 0.1)[0]:
            if process.poll() is not None:
                return written
            continue
        try:
            part = os.read(master, 1 << 16)
        except OSError:  # how Linux tells that nobody holds the other end any more
            process.wait(timeout=HANG_S)
            return written
        written += part
        for asked in [asked for asked in answers if asked in written]:
            os.write(master, answers.pop(asked))
    raise AssertionError(f"the command did not end: {written!r}")
