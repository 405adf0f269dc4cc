"""How long answers are (SeVa's figure 5), counted alike for all models that are compared."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from burnish.bench.judged.answers import ModelAnswers
from burnish.bench.standard.numbers import MEAN, bounds, sums_by_picture
from burnish.bench.tokens import standard_tokens
from burnish.scores import LengthScores

OWN = "the models' own tokens"
WORDS = "words and signs (mteval-13a)"


class Counted(NamedTuple):
    """The lengths of each model's answers, and what they are counted in."""

    by_name: dict[str, LengthScores]
    unit: str


def lengths(answers: Sequence[ModelAnswers], tokenizer: str | None) -> Counted:
    """In the tokens of one model where it is named; else in the runs' own, where all have them; else in words.

    Raises ModelError for a model without a tokenizer.
    """
    if tokenizer is not None:
        from burnish.models.tokens import token_counter

        count = token_counter(tokenizer)
        return Counted({one.name: _of_texts(one, count) for one in answers}, f"tokens of {tokenizer}")
    if all(given.n_tokens for one in answers for given in one.by_id.values()):
        return Counted({one.name: _lengths(one, [g.n_tokens for g in one.by_id.values()]) for one in answers}, OWN)
    return Counted({one.name: _of_texts(one, lambda text: len(standard_tokens(text))) for one in answers}, WORDS)


def _of_texts(answers: ModelAnswers, count: Callable[[str], int]) -> LengthScores:
    return _lengths(answers, [count(given.text) for given in answers.by_id.values()])


def _lengths(answers: ModelAnswers, counts: Sequence[int]) -> LengthScores:
    pictures = [given.image or given.id for given in answers.by_id.values()]
    return LengthScores(
        mean=statistics.fmean(counts),
        interval=bounds(MEAN(sums_by_picture(pictures, [(count, 1) for count in counts]))),
        median=statistics.median(counts),
        n=len(counts),
    )
