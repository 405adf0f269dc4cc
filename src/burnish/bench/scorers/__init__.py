"""Scorers, and which of them look at which question. A new one is one file here and its name below."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.bench.metrics import Term
from burnish.bench.scorers.base import Scorer
from burnish.bench.scorers.closed import CLOSED
from burnish.bench.scorers.description import DESCRIPTION
from burnish.bench.scorers.existence import EXISTENCE
from burnish.bench.scorers.length import LENGTH
from burnish.bench.scorers.objects import OBJECTS
from burnish.bench.scorers.standing import STANDS, stands
from burnish.bench.scorers.unlabelled import UNLABELLED
from burnish.records import Prediction
from burnish.scores import Metric

__all__ = ["METRICS", "Scorer", "has_truth", "score", "stands"]

SCORERS = (CLOSED, EXISTENCE, DESCRIPTION, OBJECTS, UNLABELLED, LENGTH)
"""All of them, in the order in which tables show their metrics."""
METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (*(one for scorer in SCORERS for one in scorer.metrics), STANDS)
}
"""Every metric by name."""

DEFAULT = (CLOSED, EXISTENCE, LENGTH)
WITHOUT_TRUTH = (UNLABELLED, LENGTH)
BY_TASK: Mapping[str, tuple[Scorer, ...]] = {
    "description": (DESCRIPTION, OBJECTS, LENGTH),
    "part": (DESCRIPTION, OBJECTS, LENGTH),
}
"""Scorers by the fact `task`, instead of the default ones: an open description has more than one right wording."""


def score(prediction: Prediction) -> dict[str, Term]:
    """What one answer adds to every metric that applies to it."""
    if not has_truth(prediction):
        return {name: term for scorer in WITHOUT_TRUTH for name, term in scorer.score(prediction).items()}
    scorers = BY_TASK.get(str(prediction.facts.get("task")), DEFAULT)
    return {name: term for scorer in scorers for name, term in scorer.score(prediction).items()}


def has_truth(prediction: Prediction) -> bool:
    """Whether there is anything that the answer can be right by: a ground truth, several people's answers, a scene."""
    return bool(prediction.answer or prediction.facts.get("answers") or prediction.facts.get("scene"))
