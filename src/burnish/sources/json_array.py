"""Reads a JSON array of any length one item at a time, so that memory holds one item and not the file.

The array is the whole file, or stands in the object that is the file, as in `{"info": …, "annotations": […]}`.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from burnish.errors import SourceError
from burnish.sources.files import open_file

CHUNK = 1 << 20
"""Bytes read at once."""
MAX_ITEM = 1 << 26
"""Characters of the longest item: without a bound, one quote that is never closed would read the whole file."""
_NEAR_END = 16
"""So close to the end of what was read, a fault may be no fault but a word or an escape that goes on
(`-Infinity`), and a value no whole value but a number that goes on (`1.` or `1e-`)."""
_SPACE = re.compile(r"[ \t\r\n]*")


def read_array(path: Path) -> Iterator[object]:
    """The items of the array that is the file's whole content.

    Raises SourceError with line and byte for what is not UTF-8, no JSON, no array, or cut short.
    """
    with open_file(path) as file:
        yield from _Reader(path, file).items()


def read_member(path: Path, name: str) -> Iterator[object]:
    """The items of the array that the file's one object holds under this name; other members are passed over.

    Raises SourceError as `read_array`, and for what is no object, or has no such array.
    """
    with open_file(path) as file:
        yield from _Reader(path, file).member(name)


class _Reader:
    """A window on the file: what was read and not yet handed out."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder(parse_constant=lambda _: None)
        self._text, self._at = "", 0
        self._bytes_before, self._lines_before = file.tell(), 0
        self._ended = False

    def items(self) -> Iterator[object]:
        if self._peek() != "[":
            raise self._fault("A JSON array must begin with '['")
        yield from self._array()
        if self._peek():
            raise self._fault("Something follows the array's end")

    def member(self, name: str) -> Iterator[object]:
        """The items of the array of this name in the object that the file is."""
        if self._peek() != "{":
            raise SourceError(f"{self._path} holds no JSON object, and it must be one object with a list `{name}`.")
        names = list[str]()
        self._at += 1
        while self._peek() != "}":
            if names:
                self._expect(",")
            self._peek()
            names.append(str(self._value()))
            self._expect(":")
            if names[-1] != name:
                self._peek()
                self._value()
            elif self._peek() == "[":
                yield from self._array()
            else:
                raise SourceError(f"{self._path}, has {self._value()!r:.40} as `{name}`, and that must be a list.")
        self._at += 1
        if self._peek():
            raise self._fault("Something follows the object's end")
        if name not in names:
            raise SourceError(f"{self._path}, has no `{name}`: it has {', '.join(names) or 'nothing'}.")

    def _expect(self, mark: str) -> None:
        if self._peek() != mark:
            raise self._fault(f"Expecting {mark!r}")
        self._at += 1

    def _array(self) -> Iterator[object]:
        """From the bracket that opens it to behind the one that closes it."""
        self._at += 1
        if self._peek() != "]":
            yield self._value()
            while self._peek() == ",":
                self._at += 1
                yield self._value()
            if self._peek() != "]":
                raise self._fault("Expecting ',' or ']'")
        self._at += 1

    def _peek(self) -> str:
        """The next character that is no white space, or "" at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._read_on()

    def _value(self) -> object:
        self._peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended or not self._may_go_on(error):
                    raise self._fault(error.msg, error.pos) from error
            except (ValueError, RecursionError) as error:  # a number of 5,000 digits, brackets 10,000 deep
                raise self._fault(f"An item cannot be read: {error}") from error
            else:
                if self._ended or len(self._text) - end >= _NEAR_END:
                    self._at = end
                    return value
            if len(self._text) - self._at > MAX_ITEM:
                raise self._fault(f"An item is over {MAX_ITEM:,} characters")
            self._read_on()

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether the fault may lie in the cut between what was read and what was not."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_END

    def _read_on(self) -> None:
        """Let go of what was handed out and read more: at least as much as is left, so that no item is parsed
        more often than the logarithm of its length."""
        done, rest = self._text[: self._at], self._text[self._at :]
        self._bytes_before += len(done.encode())
        self._lines_before += done.count("\n")
        data = self._file.read(max(CHUNK, len(rest)))
        self._ended = not data
        try:
            self._text, self._at = rest + self._utf8.decode(data, final=self._ended), 0
        except UnicodeDecodeError as error:
            byte = self._file.tell() - len(error.object) + error.start
            raise SourceError(f"{self._path} is not UTF-8 text at byte {byte:,}: save it as UTF-8.") from error

    def _fault(self, what: str, at: int | None = None) -> SourceError:
        before = self._text[: self._at if at is None else at]
        line = self._lines_before + before.count("\n") + 1
        byte = self._bytes_before + len(before.encode())
        return SourceError(f"{self._path} is broken JSON at line {line:,}, byte {byte:,}: {what}.")
