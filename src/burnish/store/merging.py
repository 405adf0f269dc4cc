"""Runs that are parts of one, joined: their records and pictures, one part after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, TypeAlias

from burnish.errors import RunError
from burnish.progress import Progress
from burnish.records import Record, pictures_of
from burnish.store.manifest import Manifest, differences
from burnish.store.run import Run


class RunPart(NamedTuple):
    """A run that is a part, and the manifest that it would have as the whole."""

    run: Run
    whole: Manifest
    number: int
    """From 1."""
    of: int


BeforeRecord: TypeAlias = Callable[[Run, int], None]
"""Called with a part and a record's place in it before the record is appended to the whole."""


def in_order(parts: Sequence[RunPart]) -> list[RunPart]:
    """The parts by their numbers. Raises RunError where they are not the finished parts of one run, each once."""
    first = parts[0]
    for part in parts[1:]:
        if found := differences(first.whole, part.whole):
            changes = "; ".join(f"{name} is {ours} there and {theirs} here" for name, ours, theirs in found)
            raise RunError(f"{part.run.path} is not part of the run that {first.run.path} is one of: {changes}.")
    by_number: dict[int, RunPart] = {}
    for part in parts:
        if part.of != first.of:
            raise RunError(
                f"{part.run.path} is part {part.number} of {part.of}, and {first.run.path} part {first.number} of "
                f"{first.of}: give the parts of one division."
            )
        if twice := by_number.get(part.number):
            raise RunError(f"{twice.run.path} and {part.run.path} are both part {part.number}: give each part once.")
        by_number[part.number] = part
    if missing := [number for number in range(1, first.of + 1) if number not in by_number]:
        raise RunError(f"Part {missing[0]} of {first.of} is missing: give the runs of all shards.")
    if unfinished := [part.run.path for part in parts if part.run.summary is None]:
        raise RunError(f"{unfinished[0]} is not finished: run its command again first.")
    return [by_number[number] for number in sorted(by_number)]


def merged_manifest(part: RunPart, out: str) -> Manifest:
    """What the whole run says made it."""
    settings = part.whole.settings | {"out": out, "shard": None, "restart": False, "json": None}
    return replace(part.whole, settings=settings, created=datetime.now(UTC).isoformat(timespec="seconds"))


def append_parts(run: Run, parts: Sequence[RunPart], before: BeforeRecord) -> None:
    """Append all records of the parts that the run does not hold yet, with their pictures."""
    done, begin = len(run), 0
    with Progress("merge", sum(len(part.run) for part in parts), done=done, unit="records") as progress:
        for part in parts:
            run.note(part.run.notes)
            start = max(0, done - begin)
            for place, record in enumerate(islice(part.run, start, None), start=start):
                before(part.run, place)
                _copy(part.run, run, record)
                progress.advance()
            begin += len(part.run)


def _copy(source: Run, run: Run, record: Record) -> None:
    for image in pictures_of(record):
        run.add_image(source.image(image))
    run.append([record])
