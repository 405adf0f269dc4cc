"""Every reply that was asked for on the way to a record, its tokens, and why it was turned down.

    RUN/attempts/00000.jsonl    {"record": 12, "number": 1, "reason": "missing part", "text": "# Round 1 …", …}

A record tells what came of its example; its attempts tell what that took: what a person looks at to see why replies are
turned down, and where tokens are counted from. They are written just before their record, so a kill between the two
leaves attempts that are written again, alike; readers pass the second ones over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self, final

from burnish.errors import RunError
from burnish.fire.usage import Usage
from burnish.jsons import read_json
from burnish.models import Reply
from burnish.store import Run
from burnish.store.codec import dump, from_json, to_json
from burnish.store.disk import explained
from burnish.store.lines import Lines, delete_lines

FOLDER = "attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One reply for one record."""

    record: int
    """The record's position in the run."""
    number: int
    """From 1."""
    id: str
    """The example's."""
    source: str
    reason: str = ""
    """Why the reply was turned down; empty for one that became the record."""
    detail: str = ""
    text: str = ""
    """The whole reply where it was turned down; what was kept stands in the record."""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def usage(self) -> Usage:
        """Of this one call."""
        return _usage(self.prompt_tokens, self.completion_tokens)


def usage_of(reply: Reply) -> Usage:
    """The tokens of one call."""
    return _usage(reply.prompt_tokens, reply.completion_tokens)


@final
class Attempts:
    """The attempts of a run, as they are now.

    Raises RunError for a full disk, a missing permission or a damaged file.
    """

    def __init__(self, run: Run, *, aside: bool = False) -> None:
        """With `aside`, those of the records that were set aside."""
        self._folder = (run.aside if aside and run.aside else run.path) / FOLDER
        with explained(self._folder, "read"):
            self._lines = Lines(self._folder)
        self._before = iter(Attempts(run, aside=True)) if run.aside and not aside else iter(())
        self._last: Attempt | None = None
        """What was read of those that were set aside, and is of a later record."""

    @classmethod
    @contextmanager
    def writing(cls, run: Run) -> Iterator[Self]:
        """To add to, by the process that writes the run: what a kill left of a line is cut off, and what an earlier run
        left is forgotten where this one begins.
        """
        folder = run.path / FOLDER
        with explained(folder, "written"):
            if run.aside and not len(run) and not (run.aside / FOLDER).exists():
                folder.rename(run.aside / FOLDER)
            folder.mkdir(exist_ok=True)
            if not len(run):
                delete_lines(folder)
        attempts = cls(run)
        with explained(folder, "written"):
            attempts._lines.cut_torn()
        try:
            yield attempts
        finally:
            with explained(folder, "written"):
                attempts._lines.close()

    def append(self, attempts: Sequence[Attempt]) -> None:
        """Add the attempts of one record, which comes after all that are there; they outlive this process."""
        with explained(self._folder, "written"):
            for attempt in attempts:
                self._lines.append(dump(to_json(attempt)).encode() + b"\n")

    def before(self, record: int) -> list[Attempt]:
        """Those of a record that was set aside; to be asked for in the order of the records."""
        found = []
        while (attempt := self._last or next(self._before, None)) and attempt.record <= record:
            self._last = None
            found += [attempt] if attempt.record == record else []
        self._last = attempt
        return found

    def __iter__(self) -> Iterator[Attempt]:
        """All attempts in order, each once, one at a time from the disk."""
        last = (-1, 0)
        with explained(self._folder, "read"):
            for line in self._lines:
                try:
                    attempt = from_json(Attempt, read_json(line.text))
                except ValueError as error:
                    raise RunError(f"{line.path}, line {line.number}, is not an attempt: {error}.") from error
                if (attempt.record, attempt.number) > last:
                    last = (attempt.record, attempt.number)
                    yield attempt


def _usage(prompt_tokens: int, completion_tokens: int) -> Usage:
    return Usage(
        calls=1,
        uncounted=int(not prompt_tokens and not completion_tokens),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
    )
