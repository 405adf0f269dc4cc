"""Grades of answers by their ground truths, in the form of FIRE's teachers: what judges are calibrated with.

On the pocket world the oracle grades by the truth itself, so that any other judge can be measured by it
(`burnish score agreement`).
"""

from __future__ import annotations

from collections.abc import Mapping

from burnish.bench.judged.answers import read_answers
from burnish.bench.judged.asking import Question, judged
from burnish.bench.judged.configs import GradesConfig
from burnish.bench.judged.counting import judging, readable
from burnish.bench.standard.numbers import MEAN, Answered, part
from burnish.errors import SourceError
from burnish.fire.texts import read_score
from burnish.records import Judgement
from burnish.scores import GradesJudged
from burnish.store import Run


def bench_grades(config: GradesConfig) -> GradesJudged:
    """Have the answers graded. Raises a BurnishError."""
    answers = read_answers(config.answers)
    if missing := next((key for key, given in answers.by_id.items() if not given.truth), None):
        raise SourceError(f"{config.answers} has no ground truth for question {missing}: grades are given by it.")
    questions = [
        Question(
            id=given.id,
            source=given.source,
            values={"question": given.question, "reference": given.truth, "answer": given.text},
            facts={"picture": given.image},
            image=given.image,
            truth=given.facts,
        )
        for given in answers.by_id.values()
    ]
    return judged(config, questions, reads, score, lambda image: answers.picture(image, None))


def grade(said: str) -> float | None:
    """The score from 0 to 10 behind "Score", in any of the ways in which FIRE's teachers write it; None without one.

    A number alone is no grade: models that cannot judge answer the question instead, and with a number now and then.
    """
    return read_score(said) if "score" in said.lower() else None


def reads(_asked: Mapping[str, str], said: str) -> bool:
    """There is a grade."""
    return grade(said) is not None


def score(run: Run) -> GradesJudged:
    """The means of a run's grades, over all and by source."""
    judgements = list(run.records(Judgement))
    graded = [
        Answered(str(judgement.facts["picture"]), value, (judgement.source,))
        for judgement in judgements
        if (said := readable(judgement, reads)) is not None and (value := grade(said)) is not None
    ]
    sources = dict.fromkeys(answered.groups[0] for answered in graded)
    return GradesJudged(
        judging=judging(run, judgements, reads),
        mean=part(graded, MEAN) if graded else None,
        sources={name: part([one for one in graded if name in one.groups], MEAN) for name in sources},
    )
