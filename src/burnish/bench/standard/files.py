"""Reads the files of official releases and of predictions; every fault is named with its file, its line or item."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from burnish.errors import LineError, SourceError
from burnish.jsons import read_json
from burnish.sources.files import open_file, read_lines
from burnish.sources.json_array import read_member
from burnish.sources.json_items import json_items


class Item(NamedTuple):
    """One object of a file, or one row of a table."""

    where: str
    """File and place, for messages: "questions.json, line 7"."""
    values: Mapping[str, object]

    def text(self, *names: str) -> str:
        """The first of these fields that is there. Raises SourceError unless it is text."""
        value = self.values.get(names[0])  # by far the most frequent case
        if isinstance(value, str):
            return value
        value = self._first(names)
        if not isinstance(value, str):
            raise self.fault(f"has {value!r:.40} as `{names[0]}`, and that must be text")
        return value

    def key(self, *names: str) -> str:
        """An id, which files write as text or as a whole number."""
        return str(self.id(*names))

    def id(self, *names: str) -> int | str:
        """The same as the file writes it."""
        value = self._first(names)
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self.fault(f"has {value!r:.40} as `{names[0]}`, and that must be text or a whole number")

    def number(self, name: str) -> float:
        """Raises SourceError unless the field is a number."""
        value = self._first((name,))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(f"has {value!r:.40} as `{name}`, and that must be a number")
        return value

    def sequence(self, name: str) -> list[object]:
        """Raises SourceError unless the field is a list."""
        value = self._first((name,))
        if not isinstance(value, list):
            raise self.fault(f"has {value!r:.40} as `{name}`, and that must be a list")
        return value

    def fault(self, what: str) -> SourceError:
        """What is wrong with this item, to be raised."""
        return SourceError(f"{self.where}, {what}.")

    def _first(self, names: tuple[str, ...]) -> object:
        for name in names:
            if name in self.values:
                return self.values[name]
        raise self.fault(f"has no `{'` or `'.join(names)}`: it has {', '.join(self.values) or 'nothing'}")


def official(path: str, release: str) -> Path:
    """The path, if a file is there. Raises SourceError that tells where the official release has it."""
    if not Path(path).is_file():
        raise SourceError(f"{path} is {'a folder' if Path(path).is_dir() else 'not there'}: {release}.")
    return Path(path)


def items(path: str, release: str) -> Iterator[Item]:
    """The objects of a JSON list or of JSON lines."""
    for row in json_items(official(path, release)):
        if isinstance(row.values, LineError):
            raise SourceError(f"{path}, {row.place}, {row.values}.")
        yield Item(f"{path}, {row.place}", row.values)


def document(path: str, release: str) -> Item:
    """The one JSON object that a file is."""
    with open_file(official(path, release)) as file:
        try:
            value = read_json(file.read().decode("utf-8"))
        except ValueError as error:
            raise SourceError(f"{path} is broken JSON: {error}.") from error
    if not isinstance(value, dict):
        raise SourceError(f"{path} holds a JSON {type(value).__name__}, and it must be one object: {release}.")
    return Item(path, value)


def members(parent: Item) -> Iterator[tuple[str, Item]]:
    """The objects that an object holds by name, as {"v1_0": {...}}."""
    for name, value in parent.values.items():
        if not isinstance(value, dict):
            raise parent.fault(f"item {name!r}, is not a JSON object")
        yield name, Item(f"{parent.where}, item {name!r}", value)


def listed(parent: Item, name: str) -> Iterator[Item]:
    """The objects of the list that an object holds under this name, as {"questions": [...]}."""
    for number, value in enumerate(parent.sequence(name), start=1):
        if not isinstance(value, dict):
            raise parent.fault(f"item {number} of `{name}`, is not a JSON object")
        yield Item(f"{parent.where}, item {number} of `{name}`", value)


def streamed(path: str, name: str, release: str) -> Iterator[Item]:
    """As `listed` of the `document`, one object at a time: of large files only one is in memory."""
    for number, value in enumerate(read_member(official(path, release), name), start=1):
        if not isinstance(value, dict):
            raise SourceError(f"{path}, item {number} of `{name}`, is not a JSON object.")
        yield Item(f"{path}, item {number} of `{name}`", value)


def text_lines(path: str, release: str) -> Iterator[tuple[str, str]]:
    """The lines of a text that are not blank, each with its place, without the line's end."""
    for number, line in read_lines(official(path, release)):
        try:
            yield f"{path}, line {number}", line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}, line {number}, is not UTF-8 text: {error.reason}.") from error


@contextmanager
def _cells_of_any_size() -> Iterator[None]:
    """A cell may hold a whole picture; the csv module has one limit for all readers, so it is put back."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def table(path: str, release: str) -> Iterator[Item]:
    """The rows of a table of tab-separated values (comma-separated in a .csv); empty cells are left out."""
    between = "," if path.lower().endswith(".csv") else "\t"
    with (
        _cells_of_any_size(),
        open_file(official(path, release)) as file,
        io.TextIOWrapper(file, "utf-8", newline="") as text,
    ):
        reader = csv.reader(text, delimiter=between)
        try:
            header = next(reader, [])
            for cells in reader:
                if len(cells) != len(header):
                    raise SourceError(
                        f"{path}, line {reader.line_num}, has {len(cells)} cells, and the header has {len(header)}."
                    )
                filled = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
                yield Item(f"{path}, line {reader.line_num}", filled)
        except (csv.Error, UnicodeDecodeError) as error:
            raise SourceError(f"{path} is broken after line {reader.line_num}: {error}.") from error
