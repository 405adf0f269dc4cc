"""Recorded answers beside their questions, so that `burnish score` and `bench standard` share one rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.asking.base import AnsweredQuestion
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.predictions import FORM, by_id, refuse_other_words
from burnish.errors import SourceError
from burnish.sources import Candidate

IDS, TEXTS = ("question_id", "id", "index"), ("text", "answer", "prediction", "response")
"""Names that the fields of predictions may have."""


def recorded_answers(
    questions: Iterable[Candidate],
    predictions: str,
    source: str,
    ids: tuple[str, ...] = IDS,
    texts: tuple[str, ...] = TEXTS,
    *,
    key_of: Callable[[Item], str] | None = None,
    ignored: Collection[str] = (),
) -> list[AnsweredQuestion]:
    """Every question with its prediction, found by one of the fields `ids`, or by `key_of` a prediction.

    Raises SourceError for a missing, double or unknown one, and for two questions under one id.
    """
    asked: dict[str, Candidate] = {}
    for question in questions:
        if question.id in asked:
            raise SourceError(f"{source} holds the question {question.id} twice: each needs an id of its own.")
        asked[question.id] = question
    if not asked:
        raise SourceError(f"{source} holds no question: check it against the official release.")

    def rows() -> Iterator[tuple[Item, str, str]]:
        for item in items(predictions, FORM):
            key = key_of(item) if key_of else item.key(*ids)
            if key in asked:
                refuse_other_words(item, key, str(asked[key].facts.get("question", "")), source)
            yield item, key, item.text(*texts)

    found = by_id(rows(), asked, predictions, source, ignored)
    return [AnsweredQuestion(question, found[key]) for key, question in asked.items()]


def valued(one: AnsweredQuestion, terms: dict[str, Term], groups: Sequence[str] = ()) -> ScoredAnswer:
    """An answer as numbers; its question's fact `picture` says which answers are related."""
    return ScoredAnswer(
        key=Key("", one.asked.id),
        asked=Asked(one.fact("picture"), str(one.asked.facts.get("question", "")), one.asked.answer or ""),
        groups=in_groups(tuple(groups)),
        terms=terms,
        text=one.text,
    )
