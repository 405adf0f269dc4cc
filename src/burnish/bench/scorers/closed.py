"""Questions with a ground truth to compare with: exact match and soft accuracy."""

from __future__ import annotations

from burnish.bench.metrics import Term, exact_match, soft_accuracy
from burnish.bench.scorers.base import Scorer
from burnish.records import Prediction
from burnish.scores import Metric

EXACT_MATCH = Metric(
    name="exact_match", title="exact match", family="answers", unit="%", interval="wilson", better="higher"
)
SOFT_ACCURACY = Metric(
    name="soft_accuracy", title="soft accuracy", family="answers", unit="%", interval="bootstrap", better="higher"
)


def score_closed(prediction: Prediction) -> dict[str, Term]:
    """One term of either metric; the fact `answers`, a list, holds several people's answers where there are some."""
    answers = prediction.facts.get("answers")
    truths = [str(answer) for answer in answers] if isinstance(answers, list) and answers else [prediction.answer]
    return {
        EXACT_MATCH.name: Term(exact_match(prediction.text, [prediction.answer, *truths]), 1),
        SOFT_ACCURACY.name: Term(soft_accuracy(prediction.text, truths), 1),
    }


CLOSED = Scorer((EXACT_MATCH, SOFT_ACCURACY), score_closed)
