"""Pictures of runs: from those that a page is about and from nowhere else, as files that every browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

from burnish.errors import RunError
from burnish.images import decode, encode_png
from burnish.store import Run
from burnish.store.extensions import extension_of

_SHOWN = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif", "avif": "image/avif"}
"""What browsers show, by extension; everything else is sent as PNG."""


class Picture(NamedTuple):
    """A file's content and its media type."""

    data: bytes
    media_type: str


@final
class Pictures:
    """The pictures of some runs, by the key of their content."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs

    def find(self, key: str) -> Picture | None:
        """The picture, from whichever run has it; None where none has.

        Raises ImageError for a file that is too large, a link, or no picture, or not the one of that name.
        """
        for run in self._runs:
            try:
                return as_shown(run.image(key))
            except RunError:  # another run may have it
                continue
        return None


def as_shown(data: bytes) -> Picture:
    """The picture's file as it is, or as PNG where browsers do not show its kind. Raises ImageError."""
    kind = extension_of(data)
    return Picture(data, _SHOWN[kind]) if kind in _SHOWN else Picture(encode_png(decode(data)), "image/png")
