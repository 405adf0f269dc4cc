"""The page of a report: its sections, a sample of the records with their pictures, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeAlias, TypeVar

from burnish.dialogue.seeds import id_in_seed
from burnish.records import Dialogue, Dropped, Judgement, Prediction, PreferencePair
from burnish.report import html
from burnish.report.cards import Card, PictureOf, card_of
from burnish.report.finding import Choices, RecordFilter
from burnish.report.opening import Opening
from burnish.report.pictures import ShownPicture, album
from burnish.report.provenance import origin_of
from burnish.report.section import NamedRun, Section, parts_of, records_of
from burnish.scores import Flip
from burnish.store import Run

T = TypeVar("T")

PAGE_BYTES = 4_800_000
"""Of a whole page, so that 500 records of any kind stay below 5 MB."""
TEXT_SHARE = 0.45
"""Of what tables and figures leave, for the records' texts; their pictures get the rest."""
LENGTHS = (html.MAX_TEXT, 3000, 1500, 800, 400, 200)
"""Characters of one text that are tried, one after the other, until all of a page's texts fit."""


PageKey: TypeAlias = tuple[str, str, str]
"""Source, id and distortion of a record."""


class _Found(NamedTuple):
    """A record, and where it was found."""

    place: int
    part: Run
    record: PreferencePair | Prediction | Dialogue | Judgement
    key: PageKey


class View(NamedTuple):
    """A card as it stands in a page."""

    card: Card
    run: str
    """The run's name, where there are several."""
    anchor: str
    link: str
    pictures: tuple[tuple[ShownPicture, ...], ...]


def report_page(
    opening: Opening, sections: Sequence[Section], runs: Sequence[NamedRun], *, samples: int, seed: int
) -> str:
    """The page, with `samples` records in all, and those that its first screen shows. Raises RunError for a damaged
    run."""
    several = len(runs) > 1
    share = -(-samples // len(runs))
    drawn = [(named.name, _drawn(named, share, seed, _wanted(opening, named.run))) for named in runs]
    cards = [(name, one, card_of(one.record, one.part.manifest.seed)) for name, of in drawn for one in of]
    found = {(name, one.key): f"#{_anchor(number)}" for number, (name, one, _) in enumerate(cards, 1)}
    flipped = next((name for name, run in runs if str(run.path) == opening.flipped), "")
    context = {
        "title": opening.title,
        "opening": opening,
        "flip_links": [found.get((flipped, _key_of(one.flip)), "") for one in opening.flips],
        "sections": sections,
        "total": sum(len(part) for _, run in runs for part in parts_of(run)),
        "choices": Choices.among((name if several else "", card) for name, _, card in cards),
        "choice": RecordFilter(),
        "origins": [origin_of(name, run) for name, run in runs],
    }
    bare = _views(cards, lambda _run, _of: ShownPicture(""), several=several)
    empty = _size(views=[], longest=0, **context)
    for longest in LENGTHS:
        size = _size(views=bare, longest=longest, **context)
        if size - empty <= TEXT_SHARE * (PAGE_BYTES - empty):
            break
    wanted = [(one.part, of) for _, one, card in cards for of in card.pictures]
    pictures = album(wanted, PAGE_BYTES - size)
    views = _views(cards, lambda run, of: pictures[run.path, of], several=several)
    return html.page("report.html", views=views, longest=longest, **context)


def _size(**context: object) -> int:
    """Bytes of a page."""
    return len(html.page("report.html", **context).encode())


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


def _wanted(opening: Opening, run: Run) -> set[PageKey]:
    """The records of the run that the first screen shows."""
    return {_key_of(one.flip) for one in opening.flips} if str(run.path) == opening.flipped else set()


def _key_of(flip: Flip) -> PageKey:
    return flip.source, flip.id, flip.distortion


def _drawn(named: NamedRun, count: int, seed: int, wanted: Collection[PageKey]) -> list[_Found]:
    """Records that something came of, with progress: so many of them, and the wanted ones; why others were dropped is
    told in tables."""
    also = list[_Found]()

    def found() -> Iterator[_Found]:
        for place, (number, part, record) in enumerate(records_of(named, "report")):
            if not isinstance(record, Dropped):
                distortion = record.distortion if isinstance(record, Prediction) else ""
                one = _Found(place, part, record, (record.source, id_in_seed(record.id, number), distortion))
                if one.key in wanted:
                    also.append(one)
                yield one

    drawn = sample(found(), count, seed)
    return [one for _, one in sorted({one.place: one for one in (*drawn, *also)}.items())]


def _anchor(number: int) -> str:
    return f"r{number}"


def _views(
    cards: Sequence[tuple[str, _Found, Card]], shown: Callable[[Run, PictureOf], ShownPicture], *, several: bool
) -> list[View]:
    return [
        View(
            card=card,
            run=name if several else "",
            anchor=(anchor := _anchor(number)),
            link=f"#{anchor}",
            pictures=tuple(tuple(shown(one.part, of) for of in view) for view in card.views),
        )
        for number, (name, one, card) in enumerate(cards, 1)
    ]
