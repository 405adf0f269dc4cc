"""Grades of answers by their ground truths, in the form of FIRE's teachers: what judges are calibrated with.

On the pocket world the oracle grades by the truth itself, so that any other judge can be measured by it
(`burnish score agreement`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.bench.judged.answers import Given, read_sampled
from burnish.bench.judged.configs import GradesConfig
from burnish.bench.judged.judge_counts import judging, readable
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.standard.numbers import MEAN, AnswerValue, part
from burnish.errors import SourceError
from burnish.fire.texts import grade
from burnish.records import Judgement
from burnish.scores import GradesJudged, PartScore
from burnish.store import Run

NO_ANSWER = "Score: 0"
"""The grade of an empty answer."""


def grades_to_judge(config: GradesConfig) -> ToJudge:
    """Answers with ground truths. Raises a BurnishError."""
    sampled = read_sampled(config.answers)
    found = [given for answers in sampled.values() for given in answers.by_id.values()]
    if missing := next((given.id for given in found if not given.truth), None):
        raise SourceError(f"{config.answers} has no ground truth for question {missing}: grades are given by it.")
    some = next(iter(sampled.values()))
    return ToJudge(list(map(_question, found)), reads, score, lambda image: some.pictures(image, None))


def _question(given: Given) -> JudgeQuestion:
    return JudgeQuestion(
        id=given.id,
        source=given.source,
        values={"question": given.question, "reference": given.truth, "answer": given.text},
        facts={"picture": given.image},
        part=f"{given.temperature:g}" if given.temperature else "",
        image=given.image,
        truth=given.facts,
        settled="" if given.text.strip() else NO_ANSWER,
    )


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """There is a grade."""
    return grade(reply) is not None


def score(run: Run) -> GradesJudged:
    """The means of a run's grades, over all, by source, and by the temperature of the answers."""
    judgements = list(run.records(Judgement))
    graded = [
        AnswerValue(str(judgement.facts["picture"]), value, (judgement.source, judgement.part or "0"))
        for judgement in judgements
        if (reply := readable(judgement, reads)) is not None and (value := grade(reply)) is not None
    ]
    return GradesJudged(
        judging=judging(run, judgements, reads),
        mean=part(graded, MEAN) if graded else None,
        sources=_means(graded, 0),
        temperatures=_means(graded, 1),
    )


def _means(graded: Sequence[AnswerValue], place: int) -> dict[str, PartScore]:
    """Over the answers of each source (place 0) or temperature (1)."""
    names = dict.fromkeys(one.groups[place] for one in graded)
    return {name: part([one for one in graded if one.groups[place] == name], MEAN) for name in names}
