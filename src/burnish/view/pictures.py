"""Pictures for pages: files of the run as they are, distorted ones drawn when they are asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import final

from anyio import CapacityLimiter, to_thread

from burnish.errors import RunError
from burnish.report.cards import PictureOf
from burnish.report.pictures import drawn, encoded
from burnish.store import Run
from burnish.web.pictures import Picture, as_shown

MOST_DRAWN_AT_ONCE = 2
"""Others wait: a page of fifty pairs asks for fifty of them."""


@final
class Drawings:
    """Draws distorted pictures, a few at a time."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(MOST_DRAWN_AT_ONCE)

    async def draw(self, runs: Sequence[Run], of: PictureOf) -> Picture | None:
        """The picture, from whichever run has it; None where none has. Raises ImageError for one that is broken."""
        return await to_thread.run_sync(_draw, runs, of, limiter=self._limiter)


def is_known(index: sqlite3.Connection, distortion: str) -> bool:
    """Whether a record of the run has a picture that was distorted so."""
    return index.execute("select 1 from distortions where name = ?", (distortion,)).fetchone() is not None


def _draw(runs: Sequence[Run], of: PictureOf) -> Picture | None:
    for run in runs:
        try:
            picture = drawn(run, of)
        except RunError:  # another run may have it
            continue
        return as_shown(encoded(picture))
    return None
