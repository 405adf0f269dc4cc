"""The page of a report: its sections, a sample of the records with their pictures, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from burnish.progress import tracked
from burnish.records import Dropped, Record
from burnish.report import html
from burnish.report.cards import Card, card_of
from burnish.report.finding import Choice, Choices
from burnish.report.origin import origin_of
from burnish.report.pictures import Shown, album
from burnish.report.section import NamedRun, Section, parts_of
from burnish.store import Run

T = TypeVar("T")

PICTURE_BYTES = 3_500_000
"""Of a page's pictures, so that 500 records with their texts and figures stay below 5 MB."""


class View(NamedTuple):
    """A card as it stands in a page."""

    card: Card
    run: str
    """The run's name, where there are several."""
    anchor: str
    link: str
    pictures: tuple[Shown, ...]


def report_page(title: str, sections: Sequence[Section], runs: Sequence[NamedRun], *, samples: int, seed: int) -> str:
    """The page, with `samples` records in all. Raises RunError or ImageError for a picture that cannot be shown."""
    share = -(-samples // len(runs))
    drawn = [(name, sample(_told(name, run), share, seed)) for name, run in runs]
    cards = [(name, part, card_of(record, part.manifest.seed)) for name, told in drawn for part, record in told]
    return html.page(
        "report.html",
        title=title,
        sections=sections,
        views=_views(cards, several=len(runs) > 1),
        total=sum(len(part) for _, run in runs for part in parts_of(run)),
        choices=Choices.among((name if len(runs) > 1 else "", card) for name, _, card in cards),
        choice=Choice(),
        origins=[origin_of(name, run) for name, run in runs],
    )


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


def _told(name: str, run: Run) -> Iterator[tuple[Run, Record]]:
    """The records that something came of, with progress; why the others were dropped is told in tables."""
    parts = parts_of(run)
    every = ((part, record) for part in parts for record in part)
    told = tracked(every, f"report {name}", sum(map(len, parts)), unit="records")
    return ((part, record) for part, record in told if not isinstance(record, Dropped))


def _views(cards: Sequence[tuple[str, Run, Card]], *, several: bool) -> list[View]:
    pictures = album(((run, of) for _, run, card in cards for of in card.pictures), PICTURE_BYTES)
    return [
        View(
            card=card,
            run=name if several else "",
            anchor=(anchor := f"r{number}"),
            link=f"#{anchor}",
            pictures=tuple(pictures[run.path, of] for of in card.pictures),
        )
        for number, (name, run, card) in enumerate(cards, 1)
    ]
