"""What is written about a run, or about several runs together, before it becomes files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from burnish.dialogue.seeds import seed_folders
from burnish.errors import RunError
from burnish.fire.composed import ComposeResult
from burnish.progress import tracked
from burnish.records import Json, Record
from burnish.report.tables import Table
from burnish.scores import (
    JUDGED_RESULTS,
    AnswersResult,
    FixedScores,
    FooledScores,
    FreeScores,
    Judged,
    StandardResult,
)
from burnish.store import Run
from burnish.store.codec import from_json, to_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from matplotlib.figure import Figure

S = TypeVar("S", AnswersResult, ComposeResult, FixedScores, FooledScores, FreeScores, Judged, StandardResult)


class NamedRun(NamedTuple):
    """A run, and the name by which a report of several tells it from the others."""

    name: str
    run: Run


def parts_of(run: Run) -> list[Run]:
    """The runs that hold the records: those of its seeds, where it is a folder of them, else itself."""
    return [Run.open(path) for path in seed_folders(run.path)] or [run]


def records_of(named: NamedRun, what: str) -> Iterator[tuple[int, Run, Record]]:
    """Every record with the number of its part, from 0, and the part itself; tells how far it is under `what`."""
    parts = parts_of(named.run)
    every = ((number, part, record) for number, part in enumerate(parts) for record in part)
    return iter(tracked(every, f"{what} {named.name}", sum(map(len, parts)), unit="records"))


def scores_of(kind: type[S], run: Run) -> S:
    """What a verb left in its run. Raises RunError where that is nothing, or of another version."""
    made = run.manifest.kind
    verb = f"`burnish {made if made == 'compose' else f'bench {made}'}`"
    if run.summary is None:
        raise RunError(f"{run.path} has no scores yet: call {verb} again with the same flags.")
    try:
        return from_json(kind, run.summary)
    except ValueError as error:
        raise RunError(
            f"The scores of {run.path} were written by another version of Burnish ({error}): "
            f"call {verb} with the same flags again, which scores the answers again."
        ) from error


def judged_scores(run: Run) -> Judged:
    """What a judged benchmark left in its run; of a shard only how its judge did. Raises RunError as `scores_of`."""
    return scores_of(Judged if run.manifest.settings.get("shard") else JUDGED_RESULTS[run.manifest.kind], run)


class Tile(NamedTuple):
    """A large number: its name, its value, and what stands small behind it."""

    name: str
    value: str
    unit: str = ""
    margin: str = ""
    """"± 2.9", where there is room for it."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Words, numbers, tables and figures under one title."""

    title: str
    lead: str = ""
    """A few sentences that say how to read what follows."""
    command: str = ""
    """What shows more, as a shell takes it."""
    tiles: tuple[Tile, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """By the names of their files, without ending."""
    numbers: Mapping[str, Json] = field(default_factory=dict)
    """All that tables and figures were made of."""
    warning: str = ""
    """What is to be known before any number, where there is such."""


def scored_section(
    title: str,
    tables: Sequence[Table],
    result: DataclassInstance,
    tiles: tuple[Tile, ...],
    figures: Mapping[str, Figure] = MappingProxyType({}),
) -> Section:
    """A section of what a verb left in its run."""
    return Section(title=title, tiles=tiles, tables=tuple(tables), figures=figures, numbers=to_json(result))
