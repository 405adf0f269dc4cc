"""MM-Vet (Yu et al., 2023): a judge's scores, by the capabilities that a question needs, and by their combination."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from burnish.bench.measures import measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.asking.base import OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import BARE, framed
from burnish.bench.standard.asking.written import for_a_judge, write_by_key
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.mmvet_files import RELEASE, Grade, MMVetQuestion, read_grades, read_questions
from burnish.bench.standard.numbers import MEAN, AnswerValue, Scored, part
from burnish.scores import Metric, MmVetScores, PartScore
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreMmvetConfig:
    """Score a judge's recorded grades of answers to MM-Vet."""

    benchmark: ClassVar[str] = "mmvet"
    questions: str
    """MM-Vet's mm-vet.json."""
    judgements: str
    """The grades as the official evaluator writes them, {"v1_0": {"score": [0.5], "content": ["0.5"]}}: one score per
    run of the judge. A reply without a score counts as 0 and is reported."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskMmvetConfig(AskConfig):
    """Ask MM-Vet's questions, for a judge to score."""

    benchmark = "mmvet"
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


def score_files(config: ScoreMmvetConfig) -> Scored[MmVetScores]:
    """The scores of recorded judgements. Raises SourceError, naming file and item."""
    questions = read_questions(config.questions)
    return score(questions, read_grades(config.judgements, questions, config.questions))


def score(questions: Mapping[str, MMVetQuestion], grades: Mapping[str, Sequence[Grade]]) -> Scored[MmVetScores]:
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
    answers = tuple(scored(key, questions[key], grades[key]) for key in questions)
    return Scored(scores, answers, [grade.reply for key in questions for grade in grades[key]])


def scored(key: str, question: MMVetQuestion, grades: Sequence[Grade]) -> ScoredAnswer:
    """What an answer is worth: the mean of its grades, in points of 100; a reply without a score counts 0."""
    points = statistics.fmean(100 * (grade.score or 0.0) for grade in grades)
    return ScoredAnswer(
        key=Key("", key),
        asked=Asked(question.picture, "", ""),
        groups=in_groups(question.capabilities),
        terms={"points": Term(points, 1)},
    )


def _parts(
    questions: Mapping[str, MMVetQuestion],
    means: Mapping[str, float],
    names_of: Callable[[MMVetQuestion], Sequence[str]],
) -> dict[str, PartScore]:
    """The mean over the questions of each name."""
    answers: dict[str, list[AnswerValue]] = {}
    for key, question in questions.items():
        for name in names_of(question):
            answers.setdefault(name, []).append(AnswerValue(question.picture, means[key]))
    return {name: part(of_name, MEAN) for name, of_name in answers.items()}


MMVET_PICTURES = "MM-Vet's pictures are in mm-vet.zip of github.com/yuweihao/MM-Vet"
_POINTS = Metric(name="points", title="points", family="judged", unit="points", interval="bootstrap", better="higher")


def open_mmvet(config: AskMmvetConfig) -> OpenBenchmark:
    """MM-Vet as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "."), MMVET_PICTURES)

    def official(root: Path) -> Iterator[Item]:
        for key, item in members(document(str(root / "mm-vet.json"), RELEASE)):
            yield Item(item.where, {**item.values, "question_id": key})

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield Candidate(
                id=row.key("question_id"),
                image=data.picture(row, lambda row: row.text("imagename")),
                question=framed(BARE, row.text("question")),
                answer=row.text("answer"),
                source="mmvet",
            )

    return OpenBenchmark(frame=BARE, questions=questions, pictures=data, write=write_by_key, score=for_a_judge)


BENCHMARK = Benchmark(
    title="MM-Vet",
    what="a judge's recorded grades",
    score=Way(ScoreMmvetConfig, score_files),
    ask=Way(AskMmvetConfig, open_mmvet),
    measures=lambda _: measures(_POINTS),
)
