"""An append-only sequence of lines in files of a fixed length: 00000.jsonl, 00001.jsonl and so on.

All files but the last have exactly SHARD_LINES lines, so that opening counts the lines of one file, however long
the sequence is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple, final

from burnish.errors import RunError
from burnish.store.disk import MOST_LINE, append_whole, bounded_lines

SHARD_LINES = 10_000
"""Lines in every file but the last."""
_BLOCK_BYTES = 1 << 20


class Line(NamedTuple):
    """A line and where it stands (numbers count from 1), for messages that name it."""

    path: Path
    number: int
    text: bytes


@final
class Lines:
    """The lines under `folder`. What follows the last newline is a torn write, and no line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: FileIO | None = None
        shards = sorted(folder.glob("*.jsonl"))
        for index, path in enumerate(shards):
            if path != self._shard(index):
                raise RunError(f"{self._shard(index)} is missing while later files are there: the run is damaged.")
        lines, size = _whole_lines(shards[-1]) if shards else (0, 0)
        self._count = max(0, len(shards) - 1) * SHARD_LINES + lines
        self._size = size if lines < SHARD_LINES else 0  # bytes of whole lines in the file that grows

    def _shard(self, index: int) -> Path:
        return self._folder / f"{index:05}.jsonl"

    def _growing(self) -> Path:
        return self._shard(self._count // SHARD_LINES)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Line]:
        """The lines that `len` counts, streamed. Raises RunError where a file has become shorter than it was."""
        return self._from_file(0)

    def _from_file(self, first: int) -> Iterator[Line]:
        for start in range(first * SHARD_LINES, self._count, SHARD_LINES):
            path = self._shard(start // SHARD_LINES)
            expected, number = min(SHARD_LINES, self._count - start), 0
            with path.open("rb") as file:
                for number, text in enumerate(islice(bounded_lines(file, path), expected), start=1):
                    yield Line(path, number, text)
            if number < expected:
                raise RunError(f"{path} has {number:,} lines where {expected:,} were written: the run is damaged.")

    def starting_at(self, index: int) -> Iterator[Line]:
        """The lines from this place on, as iterating gives them."""
        return islice(self._from_file(index // SHARD_LINES), index % SHARD_LINES, None)

    def at(self, index: int) -> Line:
        """The line at this place, from 0, without the files before its own. Raises RunError as iterating does."""
        path, place = self._shard(index // SHARD_LINES), index % SHARD_LINES
        with path.open("rb") as file:
            for text in islice(bounded_lines(file, path), place, place + 1):
                return Line(path, place + 1, text)
        raise RunError(f"{path} has no line {place + 1:,}, which was written: the run is damaged.")

    def cut_torn(self) -> None:
        """Cut off what a killed process left of a line. Only for the one that writes."""
        if self._growing().exists():
            os.truncate(self._growing(), self._size)

    def append(self, line: bytes) -> None:
        """Add one line (newline included) and hand it to the operating system, so that it outlives this process.

        When the disk refuses (OSError), what was written of the line is taken back: the sequence is as before.
        Raises ValueError for a line that is too long to be read again.
        """
        if len(line) > MOST_LINE:
            raise ValueError(f"it has {len(line):,} bytes, and the most are {MOST_LINE:,}")
        if self._file is None:
            self._file = self._growing().open("ab", buffering=0)
        append_whole(self._file, line, size=self._size)
        self._count += 1
        self._size += len(line)
        if self._count % SHARD_LINES == 0:
            self.close()
            self._size = 0

    def close(self) -> None:
        """Bring the lines to the disk itself, so that they outlive a power failure too."""
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


def delete_lines(folder: Path) -> None:
    """Remove all lines, last file first: a kill halfway leaves a beginning, which is a sound sequence too."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        path.unlink()


def _whole_lines(path: Path) -> tuple[int, int]:
    """How many whole lines the file has, and how many bytes they take."""
    lines = size = position = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            if newlines := block.count(b"\n"):
                lines += newlines
                size = position + block.rindex(b"\n") + 1
            position += len(block)
    return lines, size
