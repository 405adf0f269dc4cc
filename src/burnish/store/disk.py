"""Files that appear whole or not at all, one writer a folder, and one sentence for whatever the disk refuses."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from burnish.errors import RunError, RunLocked
from burnish.plain_files import open_plain, strange_entry

MOST_LINE = 64_000_000
"""Bytes of the longest line: a run from elsewhere must not fill the memory with one."""
PICTURES = "images"
"""The folder of a run or an export with its pictures."""


@contextmanager
def explained(path: Path, action: str) -> Iterator[None]:
    """Turn an OSError into a RunError: "{path} cannot be {action}: No space left on device …"."""
    try:
        yield
    except OSError as error:
        advice = "make room or fix its permissions, then start again: what the run holds is kept"
        raise RunError(f"{path} cannot be {action} ({error.strerror}): {advice}.") from error


def refuse_links(folder: Path) -> None:
    """Raise RunError for a link, a pipe or a device anywhere in a folder that may come from elsewhere: what is read or
    written there must not be a file of another place. The folder's own path may be a link, as to a scratch disk.

    Of pictures, of which there may be millions, only the folders are looked at; `Run.image` looks at the files.
    Raises OSError where the disk refuses.
    """
    found = strange_entry(folder, unread=PICTURES) if folder.is_dir() else None
    if found:
        what = "a link to another place" if found.is_symlink() else "a pipe or a device"
        raise RunError(f"{found} is {what}, which does not belong in a run: copy the files themselves, or remove it.")


def refuse_linked_files(folder: Path) -> None:
    """The same of an adapter's own files, which in a cache of the Hugging Face hub are links to its blobs.

    Raises OSError where the disk refuses.
    """
    blobs = folder.resolve().parent.parent / "blobs"
    for path in folder.iterdir():
        if path.is_symlink() and not path.resolve().is_relative_to(blobs):
            raise RunError(f"{path} is a link to another place: copy the adapter's files themselves.")
        if not path.is_file() and not path.is_dir():
            raise RunError(f"{path} is a pipe or a device: remove it.")


def write_whole(path: Path, data: bytes, *, sync: bool) -> None:
    """Write beside `path`, then rename: a kill leaves the old file or the new one, never half of it.

    With `sync` the content is on the disk before the name is, so that a power failure cannot empty the file either.
    The name beside is fixed: what a kill left there is overwritten by the next try. A link with that name is taken
    away, never written through.
    """
    beside = path.with_name(path.name + ".tmp")
    if beside.is_symlink():
        beside.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with open(open_plain(beside, flags), "wb") as file:  # noqa: PTH123 - by its descriptor
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


def bounded_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """The lines of a file from where it stands. Raises RunError for one of more than MOST_LINE bytes."""
    while line := file.readline(MOST_LINE + 1):
        if len(line) > MOST_LINE:
            raise RunError(f"{path} has a line of more than {MOST_LINE:,} bytes, which Burnish never writes.")
        yield line


def lock(path: Path) -> int:
    """Take the lock file at `path` for this process and return its descriptor; closing it, or dying, lets it go.

    Raises RunLocked, naming the process that has it.
    """
    descriptor = open_plain(path, os.O_RDWR | os.O_CREAT)
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


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, as soon as no other process does. Its folder is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = open_plain(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
