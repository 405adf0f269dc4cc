"""What is written about a run, or about several runs together, before it becomes files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from burnish.dialogue.seeds import seed_folders
from burnish.records import Json
from burnish.report.tables import Table
from burnish.store import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class NamedRun(NamedTuple):
    """A run, and the name by which a report of several tells it from the others."""

    name: str
    run: Run


def parts_of(run: Run) -> list[Run]:
    """The runs that hold the records: those of its seeds, where it is a folder of them, else itself."""
    return [Run.open(path) for path in seed_folders(run.path)] or [run]


class Tile(NamedTuple):
    """A large number: its name, its value, and what stands small behind it."""

    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Words, numbers, tables and figures under one title."""

    title: str
    lead: str = ""
    """A few sentences that say how to read what follows."""
    tiles: tuple[Tile, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """By the names of their files, without ending."""
    numbers: Mapping[str, Json] = field(default_factory=dict)
    """All that tables and figures were made of."""
