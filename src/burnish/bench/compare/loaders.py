"""A result by its path: the kind that a run's manifest names decides who reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from burnish.bench.compare.answers import read_answers
from burnish.bench.compare.fixed import read_fixed
from burnish.bench.compare.free import read_free
from burnish.bench.compare.inputs import Only, Side
from burnish.bench.compare.judged import read_judged
from burnish.bench.compare.recorded import read_recorded
from burnish.bench.compare.results import read_results
from burnish.bench.compare.standard import read_standard
from burnish.bench.judged.registry import JUDGED
from burnish.errors import RunError
from burnish.store import Run

ReadRun: TypeAlias = Callable[[Run, Only], Side]
READERS: Mapping[str, ReadRun] = {
    "answers": read_answers,
    "fixed": read_fixed,
    "free": read_free,
    "standard": read_standard,
    "results": read_results,
    **dict.fromkeys((f"judged {name}" for name in JUDGED if name != "calibrate"), read_judged),
}
"""By the kind that a run's manifest names: a new one is one file and one line here."""


def read_side(path: str, only: Only = None) -> Side:
    """All answers of a result, or those in `only`. Raises a BurnishError for what is no result."""
    if not Path(path).is_dir():
        return read_recorded(Path(path), only)
    run = Run.open(Path(path))
    reader = READERS.get(run.manifest.kind)
    if reader is None:
        raise RunError(
            f"{path} holds {run.manifest.kind}, which cannot be compared: give runs of {', '.join(READERS)}."
        )
    return reader(run, only)
