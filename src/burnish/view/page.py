"""What the templates are given: a page of records as it stands in a reader's browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, PackageLoader

from burnish.report import html
from burnish.report.cards import PictureOf, card_of
from burnish.report.finding import RecordFilter
from burnish.report.page import View
from burnish.report.pictures import ShownPicture
from burnish.store.places import bytes_in, bytes_up_to
from burnish.view.index import noted, output_state, parts_in, records_in
from burnish.view.query import MOST_SORTED, PAGE, ResultPage
from burnish.view.records import Stored


class State(NamedTuple):
    """How far the index is, which a page that is open asks for again and again."""

    records: int
    """That are indexed, dropped examples included."""
    dropped: int
    """Of them."""
    percent: int
    """Of the run that is indexed."""
    finished: bool
    told: str
    """Names what the tables and figures were made of."""
    trouble: str = ""


class Pager(NamedTuple):
    """Where a page stands among its neighbours; empty links lead nowhere."""

    words: str
    first: str = ""
    previous: str = ""
    next: str = ""
    last: str = ""


@cache
def templates() -> Environment:
    """The viewer's templates, and the report's."""
    loaders = [PackageLoader("burnish.view"), PackageLoader("burnish.report")]
    return html.templates().overlay(loader=ChoiceLoader(loaders))


def state_of(index: sqlite3.Connection, run: Path) -> State:
    """How far the index is."""
    parts = parts_in(index)
    read = sum(bytes_up_to(part.path(run), part.end) for part in parts)
    there = sum(bytes_in(part.path(run)) for part in parts)
    dropped = index.execute("select coalesce(sum(records), 0) from groups where dropped").fetchone()[0]
    return State(
        records=records_in(index),
        dropped=dropped,
        percent=100 * read // there if there else 100,
        finished=bool(noted(index, "finished")),
        told=output_state(index),
        trouble=noted(index, "trouble"),
    )


def views(stored: Sequence[Stored], root: str) -> list[View]:
    """The cards of records, their pictures as addresses of this server."""
    return [
        View(
            card=(card := card_of(one.record, one.run.manifest.seed)),
            run=one.part,
            anchor=f"r{one.number}",
            link=f"{root}record/{one.number}",
            pictures=tuple(tuple(ShownPicture(_address(of, root)) for of in view) for view in card.views),
        )
        for one in stored
    ]


def pager(found: ResultPage, choice: RecordFilter, page: int, root: str) -> Pager:
    """The links from this page of what was found to others."""
    pages = max(1, -(-found.total // PAGE))

    def link(number: int) -> str:
        return address_of(choice, number, root)

    goes_on = page < pages or (found.more and len(found.numbers) == PAGE)
    return Pager(
        words=f"Page {page:,}" if found.more else f"Page {page:,} of {pages:,}",
        first=link(1) if page > 1 else "",
        previous=link(page - 1) if page > 1 else "",
        next=link(page + 1) if goes_on else "",
        last=link(pages) if goes_on and not found.more else "",
    )


def neighbours(number: int, records: int, root: str) -> Pager:
    """The links from one record to those beside it."""
    return Pager(
        words=f"Record {number:,} of {records:,}",
        previous=f"{root}record/{number - 1}" if number > 1 else "",
        next=f"{root}record/{number + 1}" if number < records else "",
    )


def address_of(choice: RecordFilter, page: int, root: str) -> str:
    """The address of a page of what is chosen."""
    given: Mapping[str, str | int] = {name: value for name, value in choice._asdict().items() if value}
    query = urlencode({**given, **({"page": page} if page > 1 else {})})
    return f"{root}?{query}" if query else f"{root}#records"


def heading(found: ResultPage, page: int, *, chosen: bool) -> str:
    """What the records on the page are."""
    if not found.numbers:
        return "No record was found" if chosen else "No record yet"
    first = (page - 1) * PAGE + 1
    span = f"Records {first:,}–{first + len(found.numbers) - 1:,}"
    total = f"more than {found.total:,}" if found.more else f"{found.total:,}"
    return f"{span} of {total}{' found' if chosen else ''}" if found.total > 1 else "1 record"


def remark(found: ResultPage) -> str:
    """What a reader should know of what was found; empty for nothing."""
    if found.cut:
        return f"More than {MOST_SORTED:,} records hold these words; only the first {MOST_SORTED:,} were looked at."
    return ""


def _address(of: PictureOf, root: str) -> str:
    query = urlencode({"distortion": of.distortion, "seed": of.seed}) if of.distortion else ""
    return f"{root}picture/{of.key}{f'?{query}' if query else ''}"
