"""Opens the files that list questions, and reads their lines one at a time."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from burnish.errors import SourceError

BOM = b"\xef\xbb\xbf"
"""What some editors put before UTF-8 text."""
MAX_LINE = 64_000_000
"""Bytes of the longest line that is read: a longer one means that the file is of another kind."""


def open_file(path: Path) -> BinaryIO:
    """The file for reading, past its byte-order mark. Raises SourceError where there is none to read."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is a pipe or a device" if path.exists() else "is not there"
        raise SourceError(f"{path} {what}: give the file that lists the examples{list_hint(path)}.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    begin = file.read(len(BOM))
    if begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        file.close()
        raise SourceError(f"{path} is not UTF-8 but UTF-16 text: save it as UTF-8.")
    if begin != BOM:
        file.seek(0)
    return file


def list_hint(path: Path) -> str:
    """How several sources are written, for a path that looks like an attempt at it."""
    return " (in a list, every source needs its kind: folder:a.jsonl,folder:b.jsonl)" if "," in str(path) else ""


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1."""
    with open_file(path) as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE:
                raise SourceError(f"Line {number} of {path} is over {MAX_LINE:,} bytes: it is not a file of lines.")
            if line.strip():
                yield number, line
