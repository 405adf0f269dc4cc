"""Questions whose ground truth is yes or no, by the metrics of POPE (Li et al., 2023; yes is the positive class)."""

from __future__ import annotations

from burnish.bench.metrics import Term, says_yes, yes_no
from burnish.bench.scorers.base import Scorer
from burnish.records import Prediction
from burnish.scores import Metric

ACCURACY = Metric(
    name="pope_accuracy", title="accuracy", family="existence", unit="%", interval="wilson", better="higher"
)
PRECISION = Metric(
    name="pope_precision", title="precision", family="existence", unit="%", interval="wilson", better="higher"
)
RECALL = Metric(name="pope_recall", title="recall", family="existence", unit="%", interval="wilson", better="higher")
F1 = Metric(name="pope_f1", title="F1", family="existence", unit="%", interval="bootstrap", better="higher")
YES_RATIO = Metric(
    name="pope_yes_ratio", title="yes-ratio", family="existence", unit="%", interval="wilson", better="neither"
)


def score_existence(prediction: Prediction) -> dict[str, Term]:
    """Nothing for a truth that is neither yes nor no.

    F1 = 2 TP / (predicted yes + actual yes) is a ratio of sums like the others.
    """
    truth = yes_no(prediction.answer)
    if truth is None:
        return {}
    says = says_yes(prediction.text)
    hit = truth and says
    return {
        ACCURACY.name: Term(truth == says, 1),
        PRECISION.name: Term(hit, says),
        RECALL.name: Term(hit, truth),
        F1.name: Term(2 * hit, truth + says),
        YES_RATIO.name: Term(says, 1),
    }


EXISTENCE = Scorer((ACCURACY, PRECISION, RECALL, F1, YES_RATIO), score_existence)
