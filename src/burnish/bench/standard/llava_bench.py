"""LLaVA-Bench in the wild (Liu et al., 2023): a judge gives points to the reference's answer and to the model's."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.bench.metrics import Term
from burnish.bench.scored import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.configs import FailedReviews, ScoreLlavaBenchConfig
from burnish.bench.standard.files import items
from burnish.bench.standard.llava_bench_files import Points, Question, read_questions, reading
from burnish.bench.standard.numbers import Scored, bootstrap, sums_by_picture
from burnish.bench.standard.predictions import FORM, by_id
from burnish.scores import LlavaBenchPart, LlavaBenchScores
from burnish.uncertainty import Floats, ratios

FAILED = (-1.0, -1.0)
"""What the original averages in for a review without two numbers."""


def score_files(config: ScoreLlavaBenchConfig) -> Scored[LlavaBenchScores]:
    """The scores of recorded reviews. Raises SourceError, naming file and line."""
    questions = read_questions(config.questions)
    found = ((item, item.key("question_id"), item.text("content")) for item in items(config.reviews, FORM))
    return score(questions, by_id(found, questions, config.reviews, config.questions), config.failed)


def score(
    questions: Mapping[str, Question], reviews: Mapping[str, str], failed: FailedReviews
) -> Scored[LlavaBenchScores]:
    """The scores of the judge's replies by question."""
    read = {key: reading(reviews[key]) for key in questions}
    counted = {key: points or Points(*FAILED) for key, points in read.items() if points or failed == "minus-one"}
    whole = _part(questions, counted)
    categories = dict.fromkeys(question.category for question in questions.values())
    scores = LlavaBenchScores(
        score=whole.score,
        reference=whole.reference,
        model=whole.model,
        n=whole.n,
        interval=whole.interval,
        categories={
            name: _part(questions, {key: points for key, points in counted.items() if questions[key].category == name})
            for name in categories
        },
        failed=sum(points is None for points in read.values()),
        failed_as=failed,
    )
    return Scored(scores, tuple(scored(key, questions[key], points) for key, points in counted.items()))


def scored(key: str, question: Question, points: Points) -> ScoredAnswer:
    """What an answer is worth beside the reference's."""
    return ScoredAnswer(
        key=Key("", key),
        asked=Asked(question.picture, "", ""),
        groups=in_groups((question.category,)),
        terms={"relative": Term(points.model, points.reference)},
    )


def _part(questions: Mapping[str, Question], counted: Mapping[str, Points]) -> LlavaBenchPart:
    if not counted:
        return LlavaBenchPart(score=None, reference=None, model=None, n=0, interval=None)
    sums = sums_by_picture(
        [questions[key].picture for key in counted], [(p.model, p.reference) for p in counted.values()]
    )
    model, reference = (float(total) / len(counted) for total in sums.sum(axis=0))
    return LlavaBenchPart(
        score=100 * model / reference if reference else None,
        reference=reference,
        model=model,
        n=len(counted),
        interval=bootstrap(sums, _relative),
    )


def _relative(sums_R2: Floats) -> Floats:
    return 100 * ratios(sums_R2)
