"""Open descriptions of the pocket world, whose every statement the world can check: right, hallucinated, missing."""

from __future__ import annotations

from burnish.bench.metrics import Term
from burnish.bench.scorers.base import Scorer
from burnish.errors import RunError
from burnish.pocket.world import Scene, check_description, scene_from_json
from burnish.records import Prediction
from burnish.scores import Metric

PRECISION = Metric(
    name="statement_precision",
    title="right statements",
    family="description",
    unit="%",
    interval="wilson",
    better="higher",
)
RECALL = Metric(
    name="statement_recall", title="objects named", family="description", unit="%", interval="wilson", better="higher"
)
F1 = Metric(name="statement_f1", title="F1", family="description", unit="%", interval="bootstrap", better="higher")
HALLUCINATION = Metric(
    name="hallucination_rate",
    title="hallucinated",
    family="description",
    unit="%",
    interval="wilson",
    better="lower",
)


def scene_of(prediction: Prediction) -> Scene:
    """What is in the picture. Raises RunError where the record does not know it."""
    try:
        return scene_from_json(prediction.facts["scene"])
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"The answer {prediction.id!r} has the task {prediction.facts['task']!r} of the pocket world, but no scene "
            "of it in its facts: give the task another name in the source, or ask the `pocket` source itself."
        ) from error


def score_description(prediction: Prediction) -> dict[str, Term]:
    """Shares of all statements of all descriptions, so that a long description weighs more than a short one.

    A sentence that is not a statement of the world counts against precision, but not as a hallucination.
    """
    scene = scene_of(prediction)
    check = check_description(scene, prediction.text, prediction.question)
    statements = check.right + check.hallucinated + check.unreadable
    there = check.right + check.missing
    return {
        PRECISION.name: Term(check.right, statements),
        RECALL.name: Term(check.right, there),
        F1.name: Term(2 * check.right, statements + there),
        HALLUCINATION.name: Term(check.hallucinated, statements),
    }


DESCRIPTION = Scorer((PRECISION, RECALL, F1, HALLUCINATION), score_description)
