"""What made a run, for whoever wants to trace a number or to repeat it."""

from __future__ import annotations

from typing import NamedTuple

from burnish.store import Run
from burnish.store.manifest import Manifest


class Origin(NamedTuple):
    """What a report says about where its numbers come from."""

    name: str
    line: str
    command: str
    """What repeats the run."""
    manifest: Manifest


def origin_of(name: str, run: Run) -> Origin:
    """Where a run comes from."""
    made = run.manifest
    line = f"{run.path}, begun {made.created} by Burnish {made.version} with seed {made.seed}."
    return Origin(name, line, "", made)
