"""What models have said for records that are not yet whole, so that a kill loses no finished reply.

    RUN/journal.jsonl           {"record": 12, "part": "student 2", "reply": {…}}, one line a reply, or
                                {"replies": [{"record": 12, …}, …]} for those that are kept all or none

A record of many replies (a dialogue, a composed dialogue that is tried again, several judges' verdicts) is appended to
the run only when all of them are there. Until then each reply stands here, under the position that the record will have
in the run and the reply's name within it. When the record is appended its replies are forgotten; when most of the
file is forgotten it is written anew; when the run is finished it is deleted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple, final

from burnish.errors import RunError
from burnish.jsons import read_json
from burnish.records import Json
from burnish.store.codec import dump
from burnish.store.disk import append_whole, bounded_lines, write_whole

NAME = "journal.jsonl"
COMPACT_BYTES = 1 << 20
"""Forgotten lines may always take as much of the file: below it, writing it anew is not worth while."""


class JournalEntry(NamedTuple):
    """One reply among those that a record needs."""

    record: int
    """The record's position in the run."""
    name: str
    """Which of its replies: "student 2"."""


@final
class Journal:
    """The replies for records from position `begin` on: those in the file at `path`, and those put in later.

    Only the process that writes the run may have one. Memory holds what is not forgotten.
    Raises RunError for a line that is none, OSError where the disk refuses.
    """

    def __init__(self, path: Path, *, begin: int) -> None:
        self._path = path
        self._lines: dict[int, dict[str, bytes]] = {}
        self._begin = begin
        self._size = self._live = 0
        self._file: FileIO | None = None
        if path.exists():
            self._read()
            self._compact_if_mostly_forgotten()

    def __len__(self) -> int:
        """Replies that are not forgotten."""
        return sum(map(len, self._lines.values()))

    def get(self, part: JournalEntry) -> Json:
        """The reply that was put in for this part; None where there is none."""
        line = self._lines.get(part.record, {}).get(part.name)
        reply: Json = None if line is None else json.loads(line)["reply"]
        return reply

    def put(self, replies: Mapping[JournalEntry, Json]) -> None:
        """Keep replies, each once and all of them or none; they have left this process when the call returns, and
        survive its death.
        """
        for part in replies:
            if part.record < self._begin or part.name in self._lines.get(part.record, {}):
                raise ValueError(f"{part} is answered already")
        lines = {part: _line(part, reply) for part, reply in replies.items()}
        together = b'{"replies": [' + b", ".join(line.rstrip() for line in lines.values()) + b"]}\n"
        self._write(together if len(lines) > 1 else b"".join(lines.values()))
        for part, line in lines.items():
            self._keep(part, line)

    def _write(self, line: bytes) -> None:
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        append_whole(self._file, line, size=self._size)
        self._size += len(line)

    def forget(self, before: int) -> None:
        """Drop the replies for records before this position: those records are in the run now."""
        for record in range(self._begin, before):
            self._live -= sum(map(len, self._lines.pop(record, {}).values()))
        self._begin = before
        self._compact_if_mostly_forgotten()

    def close(self) -> None:
        """Bring the replies to the disk itself, so that they outlive a power failure too."""
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def _keep(self, part: JournalEntry, line: bytes) -> None:
        self._lines.setdefault(part.record, {})[part.name] = line
        self._live += len(line)

    def _read(self) -> None:
        """Take in every line that still matters, and cut off what a killed process left of the last."""
        with self._path.open("rb") as file:
            for number, line in enumerate(bounded_lines(file, self._path), start=1):
                if not line.endswith(b"\n"):
                    break
                self._size += len(line)
                entries = _entries(line)
                if entries is None:
                    raise RunError(
                        f"{self._path}, line {number}, is not a reply: delete this file, and the replies in it, "
                        "those of unfinished records, are asked for again."
                    )
                for part, reply in entries.items():
                    if part.record >= self._begin:
                        self._keep(part, _line(part, reply))
        os.truncate(self._path, self._size)

    def _compact_if_mostly_forgotten(self) -> None:
        if self._size - self._live > max(self._live, COMPACT_BYTES):
            self.close()
            lines = [line for parts in self._lines.values() for line in parts.values()]
            write_whole(self._path, b"".join(lines), sync=False)
            self._size = self._live


def delete_journal(folder: Path) -> None:
    """Remove the journal of the run in `folder`, if there is one."""
    for name in (NAME, f"{NAME}.tmp"):  # the second is what a kill left of one that was being written anew
        (folder / name).unlink(missing_ok=True)


def _line(part: JournalEntry, reply: Json) -> bytes:
    return dump({"record": part.record, "part": part.name, "reply": reply}).encode() + b"\n"


def _entries(line: bytes) -> dict[JournalEntry, Json] | None:
    """The replies that a line holds; None where it is no line of a journal."""
    try:
        value: Any = read_json(line)
    except ValueError:
        return None
    together = isinstance(value, dict) and value.keys() == {"replies"} and isinstance(value["replies"], list)
    found = {}
    for entry in value["replies"] if together else [value]:
        if not isinstance(entry, dict) or entry.keys() != {"record", "part", "reply"}:
            return None
        record, name = entry["record"], entry["part"]
        if type(record) is not int or not isinstance(name, str):
            return None
        found[JournalEntry(record, name)] = entry["reply"]
    return found
