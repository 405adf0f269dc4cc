"""The objects of a JSON array or of JSON lines, whichever a file holds, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from burnish.errors import LineError
from burnish.jsons import read_row
from burnish.sources.fields import kind_of
from burnish.sources.files import open_file, read_lines
from burnish.sources.json_array import read_array


class FileRow(NamedTuple):
    """One row, or what is wrong with it."""

    place: str
    """Where it stands, for messages: "line 7"."""
    values: Mapping[str, object] | LineError


def json_items(path: Path) -> Iterator[FileRow]:
    """Each item with its place ("item 17" of an array, "line 17"), or what is wrong with it.

    Raises SourceError for an array that is broken JSON, at the place of the fault.
    """
    if not _is_array(path):
        yield from json_rows(path)
        return
    for number, item in enumerate(read_array(path), start=1):
        wrong = LineError("no JSON object", f"is a {kind_of(item)}, not an object")
        yield FileRow(f"item {number}", item if isinstance(item, dict) else wrong)


def _is_array(path: Path) -> bool:
    with open_file(path) as file:
        while (mark := file.read(1)).isspace():
            pass
        return mark == b"["


def json_rows(path: Path) -> Iterator[FileRow]:
    """One JSON object a line."""
    for number, line in read_lines(path):
        yield FileRow(f"line {number}", _json_object(line))


def _json_object(line: bytes) -> Mapping[str, object] | LineError:
    try:
        value = read_row(line)
    except UnicodeDecodeError:
        return LineError("not UTF-8", "is not UTF-8 text")
    except ValueError as error:
        return LineError("broken JSON", f"is broken JSON: {error}")
    if not isinstance(value, dict):
        return LineError("no JSON object", f"holds a JSON {type(value).__name__}, not an object")
    return value
