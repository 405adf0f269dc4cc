"""JSON that comes from elsewhere: read so that everything wrong with it is a ValueError."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

_ROWS = msgspec.json.Decoder()
_PEOPLES_ROWS = json.JSONDecoder(parse_constant=lambda _: None)


def read_row(line: bytes) -> Any:
    """The value in a row of data, as people write them: NaN and Infinity, which are not JSON, stand for nothing there.

    Raises ValueError for what `read_json` does.
    """
    try:
        return _ROWS.decode(line)  # several times as fast, and stricter
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        return _PEOPLES_ROWS.decode(line.decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_json(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value that the text holds; `pairs` makes of each object what stands in its place.

    Raises ValueError for what is not JSON or not UTF-8, is nested too deep to be read, or holds a whole number of more
    digits than Python reads.
    """
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
