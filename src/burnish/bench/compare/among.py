"""Which of several runs are comparisons, and of which with which: what a report of them all begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from burnish.bench.compare.compatibility import refuse_unlike
from burnish.bench.compare.inputs import Side
from burnish.bench.compare.loaders import READERS, read_side
from burnish.bench.compare.verb import compare_sides
from burnish.errors import BurnishError
from burnish.records import Json
from burnish.scores import Compared
from burnish.store import Run


def compare_among(paths: Sequence[str]) -> tuple[Compared, ...]:
    """What `burnish compare` says of these runs: of each against the first of those that were asked the same.

    First is the one that others name as their --baseline, else one without an adapter, else the one that is given
    first. Runs that are not comparable with any other are passed over. The answers of all that may be are in memory.
    """
    runs = [Run.open(Path(path)) for path in dict.fromkeys(map(str, paths))]
    kinds = Counter(run.manifest.kind for run in runs)
    groups: list[list[Side]] = []
    for run in runs:
        if run.manifest.kind in READERS and kinds[run.manifest.kind] > 1:
            _sort_in(run, groups)
    named = {path for run in runs for path in _baselines(run)}
    return tuple(one for group in groups for one in _compared(group, named))


def _sort_in(run: Run, groups: list[list[Side]]) -> None:
    """Put the run's answers into the first group that was asked the same, or into one of its own."""
    try:
        side = read_side(str(run.path))
    except BurnishError:  # not finished, or a comparison already: its own section says so
        return
    for group in groups:
        if _fits(group[0], side):
            group.append(side)
            return
    groups.append([side])


def _fits(one: Side, other: Side) -> bool:
    try:
        refuse_unlike(one, other, ())
    except BurnishError:
        return False
    return bool(one.answers.keys() & other.answers.keys())


def _compared(group: Sequence[Side], named: set[Path]) -> list[Compared]:
    """Every other one against the first."""
    first = min(group, key=lambda side: (side.path.resolve() not in named, _is_adapted(side)))
    return [compare_sides(first, side) for side in group if side is not first]


def _is_adapted(side: Side) -> bool:
    return any(value != "null" for name, value in side.settings.items() if name.endswith("adapter"))


def _baselines(run: Run) -> list[Path]:
    """What the run was compared with when it was made, or later."""
    given = run.manifest.settings.get("baseline")
    summary: dict[str, Json] = run.summary or {}
    later = [summary.get("comparison"), summary.get("baseline")]
    given_paths = [*(given if isinstance(given, list) else [given])]
    given_paths += [value for one in later if isinstance(one, dict) for value in (one.get("baseline"), one.get("path"))]
    return [Path(path).resolve() for path in given_paths if isinstance(path, str) and path]
