"""Files that appear whole or not at all, one writer a folder, and one sentence for whatever the disk refuses."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from burnish.errors import RunError, RunLocked


@contextmanager
def explained(path: Path, action: str) -> Iterator[None]:
    """Turn an OSError into a RunError: "{path} cannot be {action}: No space left on device …"."""
    try:
        yield
    except OSError as error:
        advice = "make room or mend its permissions, then start again: what the run holds is kept"
        raise RunError(f"{path} cannot be {action} ({error.strerror}): {advice}.") from error


def write_whole(path: Path, data: bytes, *, sync: bool) -> None:
    """Write beside `path`, then rename: a kill leaves the old file or the new one, never half of it.

    With `sync` the content is on the disk before the name is, so that a power failure cannot empty the file either.
    The name beside is fixed: what a kill left there is overwritten by the next try.
    """
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as file:
        file.write(data)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)


def append_whole(file: FileIO, data: bytes, *, size: int) -> None:
    """Add `data` to an unbuffered file of `size` bytes, or nothing of it: what the disk took before it refused
    (OSError) is cut off again.
    """
    rest = memoryview(data)
    try:
        while rest:  # a nearly full disk takes a part, and only the next write says that it is full
            rest = rest[file.write(rest) :]
    except OSError:
        file.truncate(size)
        raise


def lock(path: Path) -> int:
    """Take the lock file at `path` for this process and return its descriptor; closing it, or dying, lets it go.

    Raises RunLocked, naming the process that has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise RunLocked(f"{path.parent} is being written by process {holder}: wait for it, or stop it.") from error
    except OSError:
        os.close(descriptor)
        raise
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
