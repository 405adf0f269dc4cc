"""Runs of preference pairs, as what goes on from them opens them."""

from __future__ import annotations

from pathlib import Path

from burnish.errors import RunError
from burnish.store.run import Run


def open_pairs(path: Path, *, unfinished: str) -> Run:
    """The finished run of pairs; raises RunError for another one, with what to do where it is `unfinished`."""
    run = Run.open(path)
    if run.manifest.kind != "pairs":
        raise RunError(f"{path} holds {run.manifest.kind}, not pairs: give a run of `burnish pairs`.")
    if run.summary is None:
        raise RunError(f"{path} is not finished: {unfinished}.")
    return run
