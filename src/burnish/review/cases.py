"""What one person sees at a time and is asked about: data only.

A case is kept in the store as it was shown. Its key is a digest of all of that, so that ratings of one case meet
whichever study they come from, and a key tells a rater nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from burnish.errors import RatingsError
from burnish.ids import content_key
from burnish.jsons import read_json
from burnish.store.codec import dump, from_json, to_json

BETWEEN = "\n"
"""What stands between the keys of several pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A stretch of text under its label ("Thought", "Answer"); the label may be empty."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What one side said at once."""

    speaker: str
    """"student", "teacher" or "answer"."""
    parts: tuple[TextPart, ...]
    item: str = ""
    """What this is rated as: a kind and the number of the turn ("feedback-1"); empty where it is only read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """A picture, a question, and what was said about it."""

    ask: str
    split: str
    """Never shown to a rater, nor are `source` and `record`."""
    source: str
    record: str
    """The id of the record in its run."""
    image: str
    """Content key of the picture in the run; of several, each on a line."""
    question: str
    truth: str | None
    passages: tuple[Passage, ...]
    items: tuple[str, ...]
    """What is rated, in the order in which it is."""

    @property
    def images(self) -> list[str]:
        """Content keys of all its pictures."""
        return self.image.split(BETWEEN)


def case_text(case: ReviewCase) -> str:
    """The case as JSON, as the store keeps it."""
    return dump(to_json(case))


def read_case(text: str) -> ReviewCase:
    """The case that `case_text` wrote. Raises RatingsError for a damaged one."""
    try:
        return from_json(ReviewCase, read_json(text))
    except ValueError as error:
        raise RatingsError(f"The store holds a case that cannot be read ({error}): bring back a copy of it.") from error


def case_key(case: ReviewCase) -> str:
    """SHA-256 of the case, as 64 hex digits."""
    return content_key(case_text(case).encode())


def kind_of(item: str) -> str:
    """What an item is a case of: "feedback" of "feedback-1"."""
    return item.partition("-")[0]
