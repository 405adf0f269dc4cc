"""Questions whose ground truth is yes or no; yes is the positive class.

POPE's published rule (Li et al., 2023) takes every answer without a "no" for a yes, even an empty one; here an empty
one is no answer, wrong whatever the truth is. Strict numbers stand beside it: an answer that is neither is wrong, both
kinds of error are shown, and how many answers are neither.
"""

from __future__ import annotations

from burnish.bench.metrics import Term, answers_yes, says_clearly, yes_no
from burnish.bench.scorers.base import Scorer
from burnish.records import Prediction
from burnish.scores import Metric

ACCURACY = Metric(
    name="pope_accuracy", title="POPE accuracy", family="existence", unit="%", interval="wilson", better="higher"
)
PRECISION = Metric(
    name="pope_precision", title="POPE precision", family="existence", unit="%", interval="wilson", better="higher"
)
RECALL = Metric(
    name="pope_recall", title="POPE recall", family="existence", unit="%", interval="wilson", better="higher"
)
F1 = Metric(name="pope_f1", title="POPE F1", family="existence", unit="%", interval="bootstrap", better="higher")
YES_RATIO = Metric(
    name="pope_yes_ratio", title="POPE yes-ratio", family="existence", unit="%", interval="wilson", better="neither"
)
STRICT_ACCURACY = Metric(
    name="existence_accuracy",
    title="accuracy",
    family="existence",
    unit="%",
    interval="wilson",
    better="higher",
)
STRICT_F1 = Metric(name="existence_f1", title="F1", family="existence", unit="%", interval="bootstrap", better="higher")
MISSED = Metric(name="missed", title="missed", family="existence", unit="%", interval="wilson", better="lower")
INVENTED = Metric(name="invented", title="invented", family="existence", unit="%", interval="wilson", better="lower")
NEITHER = Metric(
    name="neither", title="neither yes nor no", family="existence", unit="%", interval="wilson", better="lower"
)


def score_existence(prediction: Prediction) -> dict[str, Term]:
    """Nothing for a truth that is neither yes nor no.

    F1 = 2 TP / (predicted yes + actual yes) is a ratio of sums like the others. Missed is the share of what is there
    that is not answered with yes, invented that of what is not there that is not answered with no.
    """
    truth = yes_no(prediction.answer)
    if truth is None:
        return {}
    answer, clearly = answers_yes(prediction.text), says_clearly(prediction.text)
    says = answer is True
    hit, seen = truth and says, truth and clearly is True
    return {
        STRICT_ACCURACY.name: Term(truth is clearly, 1),
        STRICT_F1.name: Term(2 * seen, truth + (clearly is True)),
        MISSED.name: Term(truth and clearly is not True, truth),
        INVENTED.name: Term(not truth and clearly is not False, not truth),
        NEITHER.name: Term(clearly is None, 1),
        ACCURACY.name: Term(truth == answer, 1),
        PRECISION.name: Term(hit, says),
        RECALL.name: Term(hit, truth),
        F1.name: Term(2 * hit, truth + says),
        YES_RATIO.name: Term(says, 1),
    }


EXISTENCE = Scorer(
    (STRICT_ACCURACY, STRICT_F1, MISSED, INVENTED, NEITHER, ACCURACY, PRECISION, RECALL, F1, YES_RATIO),
    score_existence,
)
