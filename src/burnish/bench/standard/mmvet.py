"""MM-Vet (Yu et al., 2023): a judge's scores, by the capabilities that a question needs, and by their combination."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from burnish.bench.metrics import Term
from burnish.bench.scored import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.configs import ScoreMmvetConfig
from burnish.bench.standard.mmvet_files import Grade, Question, read_grades, read_questions
from burnish.bench.standard.numbers import MEAN, Answered, Scored, part
from burnish.scores import MmVetScores, PartScore


def score_files(config: ScoreMmvetConfig) -> Scored[MmVetScores]:
    """The scores of recorded judgements. Raises SourceError, naming file and item."""
    questions = read_questions(config.questions)
    return score(questions, read_grades(config.judgements, questions, config.questions))


def score(questions: Mapping[str, Question], grades: Mapping[str, Sequence[Grade]]) -> Scored[MmVetScores]:
    """The scores of judgements by question, one a run of the judge; a reply without a score counts 0."""
    points = {key: [100 * (grade.score or 0.0) for grade in grades[key]] for key in questions}
    means = {key: statistics.fmean(of_runs) for key, of_runs in points.items()}
    whole = _parts(questions, means, lambda _: ["total"])["total"]
    runs = tuple(statistics.fmean(run) for run in zip(*points.values(), strict=True))
    scores = MmVetScores(
        total=whole.value,
        interval=whole.interval,
        n=whole.n,
        runs=runs,
        deviation=statistics.pstdev(runs),
        capabilities=_parts(questions, means, lambda question: question.capabilities),
        integrations=_parts(questions, means, lambda question: ["_".join(question.capabilities)]),
        unparsed=sum(grade.score is None for key in questions for grade in grades[key]),
    )
    return Scored(scores, tuple(scored(key, questions[key], grades[key]) for key in questions))


def scored(key: str, question: Question, grades: Sequence[Grade]) -> ScoredAnswer:
    """What an answer is worth: the mean of its grades, in points of 100; a reply without a score counts 0."""
    points = statistics.fmean(100 * (grade.score or 0.0) for grade in grades)
    return ScoredAnswer(
        key=Key("", key),
        asked=Asked(question.picture, "", ""),
        groups=in_groups(question.capabilities),
        terms={"points": Term(points, 1)},
    )


def _parts(
    questions: Mapping[str, Question], means: Mapping[str, float], names_of: Callable[[Question], Sequence[str]]
) -> dict[str, PartScore]:
    """The mean over the questions of each name."""
    answers: dict[str, list[Answered]] = {}
    for key, question in questions.items():
        for name in names_of(question):
            answers.setdefault(name, []).append(Answered(question.picture, means[key]))
    return {name: part(of_name, MEAN) for name, of_name in answers.items()}
