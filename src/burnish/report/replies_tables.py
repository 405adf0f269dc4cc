"""What became of the replies that a run asked for, as a table; and before all else where too many are no answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import PurePosixPath

from burnish.models.dialect import meaning
from burnish.records import Dropped, Json, Record
from burnish.replies import ReplyCounts, count_replies
from burnish.report.counts_tables import counted
from burnish.report.section import NamedRun, Section, parts_of, records_of
from burnish.report.tables import Table
from burnish.sources.llava import FOUND_AS
from burnish.store import Run

READ_FROM_FILES = frozenset(("source",))
"""The fingerprints of a run that was read from a file: nobody was asked."""
NOT_GREEDY = "Answers are not greedy: the endpoint takes no temperature."
MOST_REFUSALS = 5
"""Texts of refusals that are shown."""


def with_replies(section: Section, named: NamedRun) -> Section:
    """The section, and what became of the run's replies, where it asked a model for any."""
    if not named.run.manifest.fingerprints.keys() - READ_FROM_FILES:
        return section
    found = Counter[str]()
    counts = count_replies(_found_as(found, (record for _, _, record in records_of(named, "count"))))
    without = refused_fields(named.run)
    return replace(
        section,
        tables=(*section.tables, replies_table(counts, without, found.total())),
        numbers={**section.numbers, **replies_numbers(counts, without), **({"found_as": dict(found)} if found else {})},
        warning=" ".join(
            filter(None, (counts.warning(), NOT_GREEDY if "temperature" in without else "", _left_out(counts, section)))
        ),
    )


def _left_out(counts: ReplyCounts, section: Section) -> str:
    """A sentence on what was left out, and why, of which no other table of the section tells; often empty."""
    known = {row[0] for table in section.tables for row in table.rows}
    unknown = {reason: number for reason, number in counts.left_out.items() if reason not in known}
    if not unknown:
        return ""
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in unknown.items())
    return f"Left out: {sum(unknown.values()):,} ({reasons})."


def _found_as(found: Counter[str], records: Iterable[Record]) -> Iterator[Record]:
    """The records; `found` gets the endings of pictures that lay under another one than their data set says."""
    for record in records:
        if not isinstance(record, Dropped) and FOUND_AS in record.facts:
            found[PurePosixPath(str(record.facts[FOUND_AS])).suffix] += 1
        yield record


def refused_fields(run: Run) -> list[str]:
    """Fields of a request that an endpoint refused, as the run has noted."""
    return list(dict.fromkeys(name for part in parts_of(run) for name in part.notes))


def replies_numbers(counts: ReplyCounts, without: Sequence[str]) -> Mapping[str, Json]:
    """The block that every verb's JSON has, and which fields an endpoint refused, where it did."""
    return {"replies": asdict(counts), **({"refused_fields": [*without]} if without else {})}


def replies_table(counts: ReplyCounts, without: Sequence[str], found: int = 0) -> Table:
    """What was asked and what came; reasons for what was left out; what refusals say, and how was asked otherwise;
    how many pictures were found under another file extension."""
    numbers = {
        "asked": counts.asked,
        "answered": counts.answered,
        "  of these, cut at the length limit": counts.cut,
        "empty": counts.empty,
        "  of these, with the thoughts cut": counts.thinking_cut,
        "refused": counts.refused,
    }
    shown = {name: count for name, count in numbers.items() if count or not name.startswith(" ")}
    under = f"{found:,} about pictures found under another file extension, as x.gif for x.jpg" if found else ""
    notes = (_refusals(counts), *map(meaning, without), under)
    return counted("Replies", shown, counts.left_out, "\n".join(filter(None, notes)))


def _refusals(counts: ReplyCounts) -> str:
    """Each text of a refusal with how often it came."""
    lines = [f"{number:,} refused: {text}" for text, number in [*counts.refusals.items()][:MOST_REFUSALS]]
    others = sum([*counts.refusals.values()][MOST_REFUSALS:])
    return "\n".join((*lines, f"{others:,} refused with other messages")) if others else "\n".join(lines)
