"""The objects of a JSON array or of JSON lines, whichever a file holds, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from burnish.errors import LineError
from burnish.sources.fields import kind_of
from burnish.sources.files import open_file
from burnish.sources.json_array import read_array
from burnish.sources.tables import Row, json_rows


def json_items(path: Path) -> Iterator[Row]:
    """Each item with its place ("item 17" of an array, "line 17"), or what is wrong with it.

    Raises SourceError for an array that is broken JSON, at the place of the fault.
    """
    if not _is_array(path):
        yield from json_rows(path)
        return
    for number, item in enumerate(read_array(path), start=1):
        wrong = LineError("no JSON object", f"is a {kind_of(item)}, not an object")
        yield Row(f"item {number}", item if isinstance(item, dict) else wrong)


def _is_array(path: Path) -> bool:
    with open_file(path) as file:
        while (mark := file.read(1)).isspace():
            pass
        return mark == b"["
