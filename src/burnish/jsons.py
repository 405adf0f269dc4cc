"""JSON that comes from elsewhere: read so that everything wrong with it is a ValueError."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """The value that the text holds.

    Raises ValueError for what is not JSON or not UTF-8, is nested too deep to be read, or holds a whole number of more
    digits than Python reads.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
