"""The page of a report: its sections, a sample of the records with their pictures, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from burnish.records import Dropped, Record
from burnish.report import html
from burnish.report.cards import Card, PictureOf, card_of
from burnish.report.finding import Choice, Choices
from burnish.report.origin import origin_of
from burnish.report.pictures import Shown, album
from burnish.report.section import NamedRun, Section, parts_of, records_of
from burnish.store import Run

T = TypeVar("T")

PAGE_BYTES = 4_800_000
"""Of a whole page, so that 500 records of any kind stay below 5 MB."""
TEXT_SHARE = 0.45
"""Of what tables and figures leave, for the records' texts; their pictures get the rest."""
LENGTHS = (html.MAX_TEXT, 3000, 1500, 800, 400, 200)
"""Characters of one text that are tried, one after the other, until all of a page's texts fit."""


class View(NamedTuple):
    """A card as it stands in a page."""

    card: Card
    run: str
    """The run's name, where there are several."""
    anchor: str
    link: str
    pictures: tuple[Shown, ...]


def report_page(title: str, sections: Sequence[Section], runs: Sequence[NamedRun], *, samples: int, seed: int) -> str:
    """The page, with `samples` records in all. Raises RunError for a damaged run."""
    share = -(-samples // len(runs))
    drawn = [(named.name, sample(_told(named), share, seed)) for named in runs]
    cards = [(name, part, card_of(record, part.manifest.seed)) for name, told in drawn for part, record in told]
    told = {
        "title": title,
        "sections": sections,
        "total": sum(len(part) for _, run in runs for part in parts_of(run)),
        "choices": Choices.among((name if len(runs) > 1 else "", card) for name, _, card in cards),
        "choice": Choice(),
        "origins": [origin_of(name, run) for name, run in runs],
    }
    several = len(runs) > 1
    bare = _views(cards, lambda _run, _of: Shown(""), several=several)
    empty = _size(views=[], longest=0, **told)
    for longest in LENGTHS:
        size = _size(views=bare, longest=longest, **told)
        if size - empty <= TEXT_SHARE * (PAGE_BYTES - empty):
            break
    wanted = [(run, of) for _, run, card in cards for of in card.pictures]
    pictures = album(wanted, PAGE_BYTES - size)
    views = _views(cards, lambda run, of: pictures[run.path, of], several=several)
    return html.page("report.html", views=views, longest=longest, **told)


def _size(**told: object) -> int:
    """Bytes of a page."""
    return len(html.page("report.html", **told).encode())


def sample(items: Iterable[T], count: int, seed: int) -> list[T]:
    """`count` items drawn evenly from a stream of unknown length, in its order (reservoir sampling; Vitter, 1985)."""
    random = Random(seed)
    kept: list[tuple[int, T]] = []
    for position, item in enumerate(items):
        if len(kept) < count:
            kept.append((position, item))
        elif (place := random.randrange(position + 1)) < count:
            kept[place] = (position, item)
    return [item for _, item in sorted(kept, key=lambda one: one[0])]


def _told(named: NamedRun) -> Iterator[tuple[Run, Record]]:
    """The records that something came of, with progress; why the others were dropped is told in tables."""
    told = records_of(named, "report")
    return ((part, record) for _, part, record in told if not isinstance(record, Dropped))


def _views(
    cards: Sequence[tuple[str, Run, Card]], shown: Callable[[Run, PictureOf], Shown], *, several: bool
) -> list[View]:
    return [
        View(
            card=card,
            run=name if several else "",
            anchor=(anchor := f"r{number}"),
            link=f"#{anchor}",
            pictures=tuple(shown(run, of) for of in card.pictures),
        )
        for number, (name, run, card) in enumerate(cards, 1)
    ]
