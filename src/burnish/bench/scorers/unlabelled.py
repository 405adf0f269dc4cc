"""Answers to questions without a ground truth: how long they are, and how much they repeat themselves."""

from __future__ import annotations

from burnish.bench.metrics import Term, normal_words
from burnish.bench.scorers.base import Scorer
from burnish.records import Prediction
from burnish.scores import Metric

PHRASE = 4
"""Words of a phrase that counts as repeated."""
WORDS = Metric(name="words", title="words", family="unlabelled", unit="tokens", interval="bootstrap", better="neither")
REPETITION = Metric(
    name="repetition", title="repetition", family="unlabelled", unit="%", interval="bootstrap", better="lower"
)


def score_unlabelled(prediction: Prediction) -> dict[str, Term]:
    """Words divided by white space, and the share of phrases of four words that stood in the same answer before.

    The second is seq-rep-4 of Welleck et al. (2020), over the phrases of all answers; shorter answers have none.
    """
    words = normal_words(prediction.text)
    phrases = [tuple(words[i : i + PHRASE]) for i in range(len(words) - PHRASE + 1)]
    return {
        WORDS.name: Term(len(prediction.text.split()), 1),
        REPETITION.name: Term(len(phrases) - len({*phrases}), len(phrases)),
    }


UNLABELLED = Scorer((WORDS, REPETITION), score_unlabelled)
