"""Recorded predictions: exactly one for each question, found by the question's id, never by its place."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable

from burnish.bench.standard.files import Item, items
from burnish.errors import SourceError

SHORT = 16
"""Answers of so many characters are often the same, and are kept once."""
ASKED = ("question", "prompt", "query")
"""Names that the field of what was asked may have, where predictions tell it."""
FORM = "give JSON lines (or a JSON list) with one object per question"


def read_predictions(
    path: str,
    ids: tuple[str, ...],
    texts: tuple[str, ...],
    asked: Collection[str],
    *,
    source: str,
    ignored: Collection[str] = (),
) -> dict[str, str]:
    """The text predicted for each of the questions `asked`, by their ids.

    `ids` and `texts` are the names that the two fields may have; `source` is the file of the questions; predictions
    for the questions `ignored` are passed over. Raises SourceError where one is missing, double or of no question.
    """
    found = (item for item in items(path, FORM))
    return by_id(((item, item.key(*ids), item.text(*texts)) for item in found), asked, path, source, ignored)


def by_id(
    found: Iterable[tuple[Item, str, str]],
    asked: Collection[str],
    path: str,
    source: str,
    ignored: Collection[str] = (),
) -> dict[str, str]:
    """Texts by id. Raises SourceError unless each question asked has exactly one."""
    texts: dict[str, str] = {}
    for item, key, text in found:
        if key in texts:
            raise item.fault(f"is the second prediction for question {key}: give each question one")
        if key in asked:
            texts[key] = sys.intern(text) if len(text) <= SHORT else text
        elif key not in ignored:
            raise item.fault(f"is for question {key}, which {source} does not have: score it with its own questions")
    check_complete(texts, asked, path, source)
    return texts


def check_complete(given: Collection[str], asked: Collection[str], path: str, source: str) -> None:
    """Raises SourceError naming a question without a prediction."""
    missing = [key for key in asked if key not in given]
    if missing:
        raise SourceError(
            f"{path} has no prediction for {len(missing):,} of the {len(asked):,} questions of {source}, such as "
            f"question {missing[0]}: predict them too."
        )


def refuse_other_words(item: Item, key: str, question: str, source: str) -> None:
    """Raises SourceError for an answer to other words under the same id, as another split or version has them."""
    words = asked_words(item)
    first = next(iter(question.strip().splitlines()), "")
    if words is not None and _plain(first) not in _plain(words):
        raise item.fault(
            f"answers {' '.join(words.split()):.60}, and question {key} of {source} is {first:.60}: take questions and "
            "predictions of the same split and version"
        )


def asked_words(item: Item) -> str | None:
    """What a prediction says that it was asked; None where it does not."""
    return next((value for name in ASKED if isinstance(value := item.values.get(name), str)), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
