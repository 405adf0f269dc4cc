"""What a source is: it lists candidates cheaply, and opens the picture of a chosen one only when asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from burnish.errors import LineError, SourceError
from burnish.images import decode
from burnish.records import Dropped, Example, Facts, TextMessage

T = TypeVar("T")
NOT_UTF8 = "not UTF-8"
"""The reason for a text in another encoding."""
_SAY_HOW = ("several images", "missing image")
"""The reasons whose detail says by itself how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An example before its picture is opened: small enough that a million of them can be weighed."""

    id: str
    image: str
    """Where the source finds the picture (a relative path, a row number): equal for questions on one picture, empty
    for one that is about none."""
    question: str
    answer: str | None = None
    source: str
    before: tuple[TextMessage, ...] = ()
    """The messages before the question."""
    facts: Facts = field(default_factory=dict)
    more_images: tuple[str, ...] = ()
    """Where the pictures after the first are, if the source tells them apart."""


class Source(Protocol):
    """One place that examples come from."""

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """All candidates in an order that never changes, and in the place of a line that is no use, its reason.

        May be read any number of times. Raises SourceError for a source that is wrong as a whole.
        """
        ...

    def load(self, candidate: Candidate) -> Example:
        """The candidate with its picture's bytes. Raises ImageError, with a reason to count, for a bad picture."""
        ...


def with_picture(candidate: Candidate, data: bytes, *more: bytes) -> Example:
    """The candidate as an example whose pictures are known to decode. Raises ImageError where one does not."""
    for picture in (data, *more):
        decode(picture)
    return replace(without_picture(candidate), image=data, more_images=more)


def without_picture(candidate: Candidate) -> Example:
    """The candidate as an example about no picture."""
    return Example(
        id=candidate.id,
        image=b"",
        question=candidate.question,
        answer=candidate.answer,
        source=candidate.source,
        before=candidate.before,
        facts=candidate.facts,
    )


def key_of(place: str) -> str:
    """Where a row stands as an id: "item 17, message 1" as "item-17-message-1"."""
    return re.sub(r"\W+", "-", place)


def dropped_row(place: str, source: str, error: LineError) -> Dropped:
    """The outcome for a row that cannot be used."""
    return Dropped(id=key_of(place), source=source, reason=error.reason, detail=f"{place} {error}.")


def refuse_useless(outcomes: Iterable[T | Dropped], where: str, mend: str) -> Iterator[T | Dropped]:
    """Passes the outcomes on. Raises SourceError at their end if there was none but Dropped ones among them."""
    useful = False
    first: Dropped | None = None
    for outcome in outcomes:
        if isinstance(outcome, Dropped):
            first = first or outcome
        else:
            useful = True
        yield outcome
    if not useful:
        raise SourceError(f"{where} {_why_useless(first, mend)}.")


def _why_useless(first: Dropped | None, mend: str) -> str:
    """What is wrong with a source that holds nothing but faults, of which this is the first, and how to mend it."""
    if first is None:
        return "is empty: give one that holds examples"
    fault = first.detail.rstrip(".")
    if first.reason in _SAY_HOW:
        return f"holds nothing that can be used: {fault}"
    mend = "save it as UTF-8" if first.reason == NOT_UTF8 else mend
    return f"holds nothing that can be used (the first fault: {fault}): {mend}"
