"""How records are found among many: what there is to choose from, and what a person chose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

from burnish.report.cards import Card


class Choices(NamedTuple):
    """What a filter offers; a single value is no choice, and is not shown."""

    runs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    """What records can be sorted by."""

    @classmethod
    def among(cls, cards: Iterable[tuple[str, Card]]) -> Self:
        """All that these cards, each with its run's name, can be told apart by."""
        runs, sources, labels, numbers = (dict[str, None]() for _ in range(4))
        for run, card in cards:
            runs[run] = sources[card.record.source] = labels[card.label] = None
            numbers |= dict.fromkeys(card.numbers)
        return cls(*(tuple(filter(None, values)) for values in (runs, sorted(sources), sorted(labels), numbers)))


class RecordFilter(NamedTuple):
    """What is looked for; empty is everything, in the order in which it was made."""

    q: str = ""
    """Words that a record must hold."""
    run: str = ""
    source: str = ""
    label: str = ""
    by: str = ""
    """The number that `least`, `most` and `order` are about."""
    least: str = ""
    most: str = ""
    order: str = ""
    """"", "rising" or "falling"."""
