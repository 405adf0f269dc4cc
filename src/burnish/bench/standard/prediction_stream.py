"""Recorded predictions in little memory: read first, and taken one by one as the questions go by.

So a million questions are never held, and of the predictions only ids and words are: common words once for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, final

from burnish.bench.standard.files import Item, items
from burnish.bench.standard.predictions import FORM, asked_words, refuse_other_words
from burnish.errors import SourceError

QuestionKey: TypeAlias = int | str
_COMMON = 50_000
"""Different words that are kept once, whoever says them again: the first ones."""
_CHECKED = 10_000
"""Of the first predictions it is kept what they say that they were asked: these tell a file for other questions."""
_DIGITS = 15
"""Whole numbers of so many digits are kept as numbers, which are half as large as text."""


class _PassedWords(str):
    """Words whose question has gone by."""

    __slots__ = ()


@final
class Predictions:
    """The predictions of one file."""

    def __init__(self, path: str, ids: tuple[str, ...], texts: tuple[str, ...]) -> None:
        """Raises SourceError for a file that cannot be read, and for two predictions for one question."""
        self._path, self._ids = path, ids
        self._texts: dict[QuestionKey, str] = {}
        self._common: dict[str, tuple[str, _PassedWords]] = {}
        self._missing: list[str] = []
        self._to_check: dict[QuestionKey, Item] = {}
        self._complete = False
        for item in items(path, FORM):
            key, text = _compact(item.id(*ids)), item.text(*texts)
            if key in self._texts:
                raise item.fault(f"is the second prediction for question {key}: give each question one")
            if len(self._to_check) < _CHECKED and asked_words(item) is not None:
                self._to_check[key] = item
            if text not in self._common and len(self._common) < _COMMON:
                self._common[text] = (text, _PassedWords(text))
            self._texts[key] = self._common[text][0] if text in self._common else text

    def beside(
        self, questions: Iterable[Item], source: str, asked: str | None = None
    ) -> Iterator[tuple[str, Item, str]]:
        """Each question with its id and the words for it; what is wrong is raised when the first pass ends.

        `asked` is the questions' field of what is asked, if they have one. Raises SourceError for a question that comes
        a second time, or whose prediction says that it was asked something else, and unless every prediction is for a
        question and every question has one.
        """
        for item in questions:
            key = _compact(item.id(*self._ids))
            if asked and (other := self._to_check.pop(key, None)):
                refuse_other_words(other, str(key), item.text(asked), source)
            text = str(self._texts[key]) if self._complete else self._take(key, item)
            if text is not None:
                yield str(key), item, text
        if not self._complete:
            self._check(source)
            self._complete = True

    def _take(self, key: QuestionKey, question: Item) -> str | None:
        """The words for the next question; None where there are none."""
        text = self._texts.get(key)
        if text is None:
            self._missing.append(str(key))
        elif isinstance(text, _PassedWords):
            raise question.fault(f"is the second question {key}: each needs an id of its own")
        else:
            self._texts[key] = self._common[text][1] if text in self._common else _PassedWords(text)
        return text

    def __iter__(self) -> Iterator[str]:
        """All words."""
        return map(str, self._texts.values())

    def _check(self, source: str) -> None:
        if not self._texts and not self._missing:
            raise SourceError(f"{source} holds no question: check it against the official release.")
        if any(not isinstance(text, _PassedWords) for text in self._texts.values()):
            for item in items(self._path, FORM):
                key = _compact(item.id(*self._ids))
                if not isinstance(self._texts[key], _PassedWords):
                    raise item.fault(
                        f"is for question {key}, which {source} does not have: score it with its own questions"
                    )
        if self._missing:
            asked = len(self._texts) + len(self._missing)
            raise SourceError(
                f"{self._path} has no prediction for {len(self._missing):,} of the {asked:,} questions of {source}, "
                f"such as question {self._missing[0]}: predict them too."
            )


def _compact(key: QuestionKey) -> QuestionKey:
    """One id, whether it is written as a number or as text."""
    if isinstance(key, int):
        return key if 0 <= key < 10**_DIGITS else str(key)
    plain = len(key) <= _DIGITS and key.isascii() and key.isdecimal() and (key[0] != "0" or key == "0")
    return int(key) if plain else key
