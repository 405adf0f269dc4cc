"""`fire:FILE`: the dialogues of FIRE's published JSON (an array, or JSON lines), and their questions.

As a source of examples it gives each item's picture, question and ground truth, whatever the conversation is like, so
that dialogues can be made anew; the dialogues themselves are read with `FireSource.dialogues`. Both have one id: the
item's own, or its place in the file ("item-17", "line-17"). Option: `#root=DIR` where the pictures' paths do not start
from the file's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from burnish.errors import LineError
from burnish.fire.schema import read_item, read_question
from burnish.records import Dialogue, Dropped, Example
from burnish.sources.base import Candidate, Source, dropped_row, key_of, refuse_useless, with_picture
from burnish.sources.json_items import FileRow, json_items
from burnish.sources.remote import Root, read_picture, root_at, table_at
from burnish.sources.spec import Spec, parse_spec

T = TypeVar("T")

_SCHEME = "fire"


def open_fire(path: str) -> FireSource:
    """The source for a file's path, or for `fire:FILE#root=DIR`. Raises SourceError for an unknown option."""
    if path.startswith(f"{_SCHEME}:"):
        return FireSource.from_spec(parse_spec(path, (_SCHEME,)))
    return FireSource(path=table_at(path), root=root_at(None, path))


@dataclass(frozen=True, slots=True, kw_only=True)
class FireSource(Source):
    """A file of dialogues, read in a stream."""

    path: Path
    root: Root
    """What picture paths are relative to; nothing outside it is ever opened."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`fire:PATH` with its option."""
        options = spec.only("root")
        return cls(path=table_at(spec.path), root=root_at(options.get("root"), spec.path))

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each item."""
        return self._read(self._candidate)

    def dialogues(self) -> Iterator[Dialogue | Dropped]:
        """One for each item, with its picture's relative path; a Dropped for one whose turns cannot be used.

        May be read any number of times. Raises SourceError for a file that is wrong as a whole.
        """
        return self._read(self._dialogue)

    def load(self, candidate: Candidate) -> Example:
        """Reads the picture's file."""
        return with_picture(candidate, self.picture(candidate.image))

    def picture(self, image: str) -> bytes:
        """The content of the picture at this relative path. Raises ImageError."""
        return read_picture(self.root, image)

    def _read(self, read: Callable[[FileRow], T]) -> Iterator[T | Dropped]:
        outcomes = (self._outcome(row, read) for row in json_items(self.path))
        return refuse_useless(outcomes, str(self.path), "give a file in the format of FIRE, and `burnish validate` it")

    def _outcome(self, row: FileRow, read: Callable[[FileRow], T]) -> T | Dropped:
        try:
            return read(row)
        except LineError as error:
            return dropped_row(row.place, self._name, error)

    def _candidate(self, row: FileRow) -> Candidate:
        asked = read_question(_values(row), default_id=key_of(row.place), default_source=self._name)
        return Candidate(**asked._asdict())

    def _dialogue(self, row: FileRow) -> Dialogue:
        return read_item(_values(row), default_id=key_of(row.place), default_source=self._name)

    @property
    def _name(self) -> str:
        return self.path.stem.lower()


def _values(row: FileRow) -> object:
    if isinstance(row.values, LineError):
        raise row.values
    return row.values
