"""Where records stand in a run, for who reads it while another process writes it, and comes back for one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from burnish.errors import RunError
from burnish.store import manifest
from burnish.store.disk import bounded_lines, explained

FOLDER = "records"


class Place(NamedTuple):
    """Where a line begins: which file of the records, and how many bytes into it."""

    shard: int = 0
    offset: int = 0


def lines_from(run: Path, begin: Place) -> Iterator[tuple[Place, bytes]]:
    """Every whole line from `begin` on that is there now, in order; one that is still being written is not.

    Raises RunError where the disk refuses.
    """
    shard, offset = begin
    with explained(run, "read"):
        while (path := _shard(run, shard)).exists():
            # Only the last file grows: that another follows has to be known before this one's end is believed.
            followed = _shard(run, shard + 1).exists()
            with path.open("rb") as file:
                file.seek(offset)
                for line in bounded_lines(file, path):
                    if not line.endswith(b"\n"):
                        break
                    yield Place(shard, offset), line
                    offset += len(line)
            if not followed:
                return
            shard, offset = shard + 1, 0


def line_at(run: Path, place: Place) -> bytes:
    """The line that begins there. Raises RunError where none does any more."""
    try:
        with _shard(run, place.shard).open("rb") as file:
            file.seek(place.offset)
            line = next(bounded_lines(file, _shard(run, place.shard)), b"")
    except FileNotFoundError:
        line = b""
    if not line.endswith(b"\n"):
        raise RunError(f"{run} has become shorter than it was: it was begun again, or is damaged.")
    return line


def bytes_up_to(run: Path, end: Place) -> int:
    """Bytes of the records before `end`."""
    return sum(_size(_shard(run, shard)) for shard in range(end.shard)) + end.offset


def bytes_in(run: Path) -> int:
    """Bytes of all records."""
    return sum(_size(path) for path in (run / FOLDER).glob("*.jsonl"))


def mark(run: Path) -> str:
    """Differs from any earlier one when the run was begun anew in the same folder. Raises RunError."""
    path = run / manifest.NAME
    with explained(path, "read"):
        status = path.stat()
    return f"{status.st_ino} {status.st_mtime_ns} {status.st_size}"


def _shard(run: Path, shard: int) -> Path:
    return run / FOLDER / f"{shard:05}.jsonl"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # deleted this moment, by who begins the run anew
        return 0
