"""Which record a person means: found in one reading, however long the run is, in the memory of one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from burnish.errors import RunError
from burnish.progress import tracked
from burnish.records import Record
from burnish.report.cards import card_of
from burnish.report.show import ShowConfig
from burnish.store import Run

NEAR = 0.6
"""How much of two ids must be alike for one to be offered in the place of the other (difflib's own threshold)."""
OFFERED = 3


class FoundRecord(NamedTuple):
    """A record, and its place in the run, from 1."""

    place: int
    record: Record


def find(run: Run, config: ShowConfig) -> FoundRecord:
    """The record that is asked for. Raises RunError, naming near ids or how many there are, where there is none."""
    if config.id is not None:
        wanted = config.id
        return _nth(run, config, wanted, lambda record: record.id == wanted)
    if config.search is not None:
        words = config.search.casefold()
        return _nth(run, config, config.search, lambda record: _holds(record, words, run.manifest.seed))
    place = config.number if config.number > 0 else len(run) + 1 + config.number
    if not 1 <= place <= len(run):
        raise RunError(f"{run.path} has {_count(len(run))}, so none at --number {config.number}.")
    return FoundRecord(place, run.at(place - 1))


def follows(run: Run, found: FoundRecord) -> bool:
    """Whether the next record has the same id, as answers to one picture and to copies of it do."""
    return found.place < len(run) and run.at(found.place).id == found.record.id


def _nth(run: Run, config: ShowConfig, text: str, fits: Callable[[Record], bool]) -> FoundRecord:
    passed = 0
    for index, record in tracked(run.holding(text), f"search {run.path.name}", len(run), unit="records"):
        if record is not None and fits(record):
            passed += 1
            if passed == config.number:
                return FoundRecord(index + 1, record)
    if passed:
        raise RunError(f"{run.path} has {_count(passed)} with {text!r}, so none at --number {config.number}.")
    if config.search is not None:
        raise RunError(f"No record of {run.path} holds {text!r}: search for fewer words, or look at its report.")
    offered = ", ".join(map(repr, near(text, _ids(run))))
    instead = f"; near it are {offered}" if offered else ", nor one near it: give an id, or --number 3 for the third"
    raise RunError(f"{run.path} has no record {text!r}{instead}.")


def near(wanted: str, ids: Iterator[str]) -> list[str]:
    """The ids most like `wanted`, the nearest first: difflib's `get_close_matches` of a stream."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    best: dict[str, float] = {}
    least = NEAR
    for one in ids:
        matcher.set_seq1(one)
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least or matcher.ratio() < least:
            continue
        best[one] = matcher.ratio()
        if len(best) > OFFERED:
            del best[min(best, key=lambda known: best[known])]
        least = min(best.values()) if len(best) == OFFERED else NEAR
    return sorted(best, key=lambda known: -best[known])


def _ids(run: Run) -> Iterator[str]:
    return (record.id for record in tracked(run, "look for near ids", len(run), unit="records"))


def _holds(record: Record, words: str, seed: int) -> bool:
    card = card_of(record, seed)
    return any(words in text.casefold() for text in (record.id, record.source, card.label, *card.words))


def _count(records: int) -> str:
    return f"{records:,} record{'' if records == 1 else 's'}"
