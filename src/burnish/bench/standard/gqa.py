"""GQA (Hudson and Manning, 2019), testdev balanced: the answer, without full stops at its end, equals the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.standard.configs import ScoreGqaConfig
from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.numbers import RATE, Answered, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.scores import AccuracyScores

RELEASE = "testdev_balanced_questions.json is in questions1.2.zip of cs.stanford.edu/people/dorarad/gqa/download.html"


class Question(NamedTuple):
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


def score(questions: Mapping[str, Question], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        Answered(
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


def read_questions(path: str) -> dict[str, Question]:
    """The official questions by id. Raises SourceError."""
    return {
        key: Question(item.key("imageId"), item.text("answer"), kind_of(item))
        for key, item in members(document(path, RELEASE))
    }


def kind_of(item: Item) -> str:
    """verify, query, choose, logical or compare; empty where the file does not tell."""
    types = item.values.get("types")
    return str(types.get("structural") or "") if isinstance(types, dict) else ""
