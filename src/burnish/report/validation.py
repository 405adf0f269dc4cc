"""Everything that is wrong with a file of FIRE's JSON, by item and field, in one reading: the verb `validate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import tyro

from burnish.errors import ConfigError, ImageError, LineError, SourceError
from burnish.fire.validation import Fault, item_faults
from burnish.images import decode
from burnish.progress import Progress
from burnish.records import Json
from burnish.report.counts_tables import counted
from burnish.report.tables import Table
from burnish.sources.files import open_file
from burnish.sources.fire import FireSource, open_fire
from burnish.sources.json_items import json_items

PICTURES = 100_000
"""Pictures whose faults are remembered, so that one that stands in many items is decoded once."""


@dataclass(frozen=True, kw_only=True)
class ValidateConfig:
    """List everything that is wrong in a FIRE file and its pictures. Exits with 2 if anything is."""

    file: tyro.conf.Positional[str]
    """FIRE's JSON (an array, or JSON lines), or `fire:FILE#root=DIR` if its pictures are in another folder."""
    show: int = 200
    """Errors to list; all are counted."""
    json: str | None = None
    """Also write the counts and the listed errors to this file."""

    def __post_init__(self) -> None:
        if self.show < 0:
            raise ConfigError(f"--show must be 0 or more, not {self.show}.")


class LocatedFault(NamedTuple):
    """A fault and its place: "item 7", "line 7", or "file" for the file as a whole."""

    place: str
    fault: Fault

    def to_json(self) -> dict[str, Json]:
        """All that is known of it."""
        return {"place": self.place, **self.fault._asdict()}


@dataclass(slots=True, kw_only=True)
class FaultKind:
    """The faults of one reason."""

    first: LocatedFault
    faults: int = 0
    items: int = 0
    """Places with at least one."""


@dataclass(slots=True, kw_only=True)
class Validation:
    """What was found in a file."""

    path: str
    items: int = 0
    faulty: int = 0
    """Items with at least one fault."""
    unusable: int = 0
    """Items that cannot be read as a dialogue with a picture."""
    kinds: dict[str, FaultKind] = field(default_factory=dict)
    """By reason."""
    listed: list[LocatedFault] = field(default_factory=list)
    """The first of them."""

    @property
    def faults(self) -> int:
        """All faults."""
        return sum(kind.faults for kind in self.kinds.values())

    def to_json(self) -> dict[str, Json]:
        """Counts, and the faults that are listed."""
        return {
            "file": self.path,
            "items": self.items,
            "faulty": self.faulty,
            "unusable": self.unusable,
            "faults": self.faults,
            "by_reason": {
                reason: {"faults": kind.faults, "items": kind.items, "first": kind.first.to_json()}
                for reason, kind in self._most_first()
            },
            "listed": [found.to_json() for found in self.listed],
        }

    def tables(self) -> list[Table]:
        """The faults that are listed, and all of them by reason, the most frequent first; or that there are none."""
        if not self.faults:
            return [counted(f"{self.path} is sound", {"items": self.items, "faults": 0})]
        return [*([self._listed()] if self.listed else []), self._by_kind()]

    def _listed(self) -> Table:
        hidden = self.faults - len(self.listed)
        rows = [(found.place, found.fault.field, _reason(found.fault)) for found in self.listed]
        return Table(
            title=f"What is wrong with {self.path}",
            columns=("place", "field", "fault"),
            rows=tuple(rows),
            text_columns=frozenset(range(3)),
            note=f"… and {hidden:,} more: --show {self.faults} lists all." if hidden else "",
        )

    def _by_kind(self) -> Table:
        rows = [
            (reason, f"{kind.faults:,}", f"{kind.items:,}", f"{kind.first.place} {kind.first.fault.field}".strip())
            for reason, kind in self._most_first()
        ]
        return Table(
            title=f"Faults by kind ({self.items:,} items, {self.faulty:,} with a fault, {self.unusable:,} unusable)",
            columns=("fault", "times", "items", "first"),
            rows=tuple(rows),
            text_columns=frozenset({0, 3}),
        )

    def _most_first(self) -> list[tuple[str, FaultKind]]:
        return sorted(self.kinds.items(), key=lambda kind: -kind[1].faults)


def _reason(fault: Fault) -> str:
    """The reason and what is there; the second alone where it begins with the first."""
    return fault.detail if fault.detail.startswith(f"is {fault.reason}") else f"{fault.reason}: {fault.detail}"


def validate(config: ValidateConfig) -> Validation:
    """Read the whole file and collect its faults. Raises SourceError only where there is no file to read."""
    source = open_fire(config.file)
    open_file(source.path).close()
    result = Validation(path=str(source.path))
    with Progress("validate", unit="items") as progress:
        for place, faults in _places(source):
            _add(result, place, faults, config.show)
            progress.advance(1, f"{result.faults:,} faults")
    if not result.items and not result.faults:
        _add(result, "file", [Fault("", "no items", "holds no items", unusable=True)], config.show)
    return result


def _places(source: FireSource) -> Iterator[tuple[str, list[Fault]]]:
    """The faults of each item, and at last of the file where its JSON breaks off."""
    picture_fault = lru_cache(PICTURES)(lambda image: _picture_fault(source, image))
    try:
        for row in json_items(source.path):
            if isinstance(row.values, LineError):
                yield row.place, [Fault("", row.values.reason, str(row.values), unusable=True)]
                continue
            faults = list(item_faults(row.values))
            if _names_picture(row.values, faults):
                faults += picture_fault(row.values["image"])
            yield row.place, faults
    except SourceError as error:
        yield "file", [Fault("", "broken file", str(error), unusable=True)]


def _names_picture(item: Mapping[str, Any], faults: list[Fault]) -> bool:
    return not any(fault.field in ("image", "") and fault.unusable for fault in faults) and "image" in item


def _picture_fault(source: FireSource, image: str) -> tuple[Fault, ...]:
    try:
        decode(source.picture(image))
    except ImageError as error:
        return (Fault("image", error.reason, str(error), unusable=True),)
    return ()


def _add(result: Validation, place: str, faults: list[Fault], show: int) -> None:
    result.items += place != "file"
    result.faulty += bool(faults) and place != "file"
    result.unusable += any(fault.unusable for fault in faults) and place != "file"
    for fault in faults:
        found = LocatedFault(place, fault)
        result.kinds.setdefault(fault.reason, FaultKind(first=found)).faults += 1
        if len(result.listed) < show:
            result.listed.append(found)
    for reason in Counter(fault.reason for fault in faults):
        result.kinds[reason].items += 1
