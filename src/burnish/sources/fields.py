"""Reads single fields of a row that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from burnish.errors import LineError

RowValues: TypeAlias = Mapping[str, object]
"""A row, by column."""
_SHOWN = 12
"""Column names that a message lists at most."""


def text_field(values: RowValues, name: str) -> str:
    """A text that must be there and hold more than white space. Raises LineError."""
    value = values.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise LineError(f"no {name}", f"has no {name!r}, only {listed(values)}")
    if not isinstance(value, str):
        raise LineError(f"{name} is no text", f"has the {kind_of(value)} {str(value)[:40]!r} as {name!r}, not a text")
    return _sound(value, name)


def scalar_field(values: RowValues, name: str) -> str | None:
    """A text, number or true/false (as JSON writes it) that may be missing. Raises LineError for a list or object."""
    value = values.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _sound(value, name)
    if not isinstance(value, bool | int | float):
        raise LineError(f"{name} is no text", f"has a {kind_of(value)} as {name!r}, not a text or number")
    return json.dumps(value)


def listed(names: Iterable[str]) -> str:
    """Names for a message, the first few of many."""
    every = [repr(name) for name in names]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more if every else "nothing"


def kind_of(value: object) -> str:
    """The type of a JSON value in plain words."""
    words = {bool: "true/false", int: "number", float: "number", list: "list", dict: "object", str: "text"}
    return words.get(type(value), type(value).__name__)


def one_line(error: BaseException) -> str:
    """The first line of what another library says, without its end mark."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rstrip(".!")


def _sound(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, or what was read from bytes that are not UTF-8
        raise LineError("not UTF-8", f"has characters in {name!r} that UTF-8 cannot write") from error
    return value
