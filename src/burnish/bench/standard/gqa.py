"""GQA (Hudson and Manning, 2019), testdev balanced: the answer, without full stops at its end, equals the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from burnish.bench.measures import RIGHT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT, framed
from burnish.bench.standard.asking.written import PREDICTIONS, write_lines
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.numbers import RATE, AnswerValue, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.scores import AccuracyScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreGqaConfig:
    """Score recorded answers to GQA: accuracy by exact equality."""

    benchmark: ClassVar[str] = "gqa"
    questions: str
    """GQA's testdev_balanced_questions.json, or a part of it in the same form."""
    predictions: str
    """A JSON list, or JSON lines, with `questionId` and `prediction` (or LLaVA's `question_id` and `text`)."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskGqaConfig(AskConfig):
    """Ask GQA's balanced testdev questions."""

    benchmark = "gqa"


RELEASE = "testdev_balanced_questions.json is in questions1.2.zip of cs.stanford.edu/people/dorarad/gqa/download.html"


class GqaQuestion(NamedTuple):
    """One question of GQA."""

    picture: str
    answer: str
    kind: str
    """verify, query, choose, logical or compare; empty where the file does not tell."""


def score_files(config: ScoreGqaConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = read_questions(config.questions)
    texts = read_predictions(
        config.predictions, ("questionId", "question_id"), ("prediction", "text"), questions, source=config.questions
    )
    return score(questions, texts)


def score(questions: Mapping[str, GqaQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        AnswerValue(
            question.picture,
            reading(texts[key]) == question.answer,
            _groups(question.kind),
            id=key,
            truth=question.answer,
            text=texts[key],
        )
        for key, question in questions.items()
    ]
    return accuracy_scores("GQA", answers, RATE)


def reading(text: str) -> str:
    """The answer as it is compared."""
    return text.rstrip(".").lower()


def _groups(kind: str) -> tuple[str, ...]:
    """Open questions are the queries; all others choose among given answers, which GQA calls binary."""
    return (kind, "open" if kind == "query" else "binary") if kind else ()


def read_questions(path: str) -> dict[str, GqaQuestion]:
    """The official questions by id. Raises SourceError."""
    return {
        key: GqaQuestion(item.key("imageId"), item.text("answer"), kind_of(item))
        for key, item in members(document(path, RELEASE))
    }


def kind_of(item: Item) -> str:
    """verify, query, choose, logical or compare; empty where the file does not tell."""
    types = item.values.get("types")
    return str(types.get("structural") or "") if isinstance(types, dict) else ""


FILE = "testdev_balanced_questions.json"
PICTURES = "GQA's pictures are in images.zip of cs.stanford.edu/people/dorarad/gqa/download.html"


def open_gqa(config: AskGqaConfig) -> OpenBenchmark:
    """GQA as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "."), PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(_official):
            yield _question(row, data.picture(row, lambda row: f"{row.key('imageId')}.jpg"))

    return OpenBenchmark(frame=SHORT, questions=questions, pictures=data, write=write, score=rescore)


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores]:
    """The scores of answers."""
    questions = {
        one.asked.id: GqaQuestion(one.fact("picture"), one.asked.answer or "", one.fact("kind")) for one in predictions
    }
    return score(questions, {one.asked.id: one.text for one in predictions})


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """Lines of the official evaluation's objects."""
    rows = ({"questionId": one.asked.id, "prediction": reading(one.text)} for one in predictions)
    write_lines(folder / PREDICTIONS, rows)


def _official(root: Path) -> Iterator[Item]:
    for key, item in members(document(str(root / FILE), RELEASE)):
        yield Item(item.where, {**item.values, "id": key})


def _question(row: Item, picture: str) -> Candidate:
    return Candidate(
        id=row.key("id"),
        image=picture,
        question=framed(SHORT, row.text("question")),
        answer=row.text("answer"),
        source="gqa",
        facts={"picture": row.key("imageId"), "kind": kind_of(row)},
    )


BENCHMARK = Benchmark(
    title="GQA",
    what="exact answers",
    score=Way(ScoreGqaConfig, score_files),
    ask=Way(AskGqaConfig, open_gqa),
    measures=lambda _: measures(RIGHT),
    rescore=lambda predictions, _: rescore(predictions),
)
