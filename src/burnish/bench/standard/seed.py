"""SEED-Bench (Li et al., 2023), the questions about pictures: the first letter of the answer is the right option's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.standard.configs import ScoreSeedConfig
from burnish.bench.standard.files import Item, document, listed
from burnish.bench.standard.numbers import RATE, Answered, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.errors import SourceError
from burnish.scores import AccuracyScores

RELEASE = "SEED-Bench.json is in huggingface.co/datasets/AILab-CVC/SEED-Bench"


class Question(NamedTuple):
    """One question about a picture."""

    picture: str
    answer: str
    """The letter of the right choice."""
    kind: str


def score_files(config: ScoreSeedConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    whole = document(config.questions, RELEASE)
    names = kind_names(whole)
    rows = {item.key("question_id"): item for item in listed(whole, "questions")}
    questions = {key: _question(row, names) for key, row in rows.items() if row.text("data_type") == "image"}
    if not questions:
        raise SourceError(f"{config.questions} has no question whose `data_type` is image: {RELEASE}.")
    texts = read_predictions(
        config.predictions, ("question_id",), ("text", "prediction"), questions, source=config.questions, ignored=rows
    )
    return score(questions, texts)


def score(questions: Mapping[str, Question], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        Answered(
            question.picture,
            reading(texts[key]) == question.answer,
            (question.kind,),
            id=key,
            truth=question.answer,
            text=texts[key],
        )
        for key, question in questions.items()
    ]
    return accuracy_scores("SEED-Image", answers, RATE)


def reading(text: str) -> str:
    """The answer's first character."""
    return text.strip()[:1]


def kind_names(whole: Item) -> dict[str, str]:
    """The names of the kinds of questions by the numbers that questions have."""
    kinds = whole.values.get("question_type")
    return {str(number): str(name) for name, number in kinds.items()} if isinstance(kinds, dict) else {}


def _question(row: Item, names: Mapping[str, str]) -> Question:
    kind = row.key("question_type_id")
    return Question(row.key("data_id"), row.text("answer"), names.get(kind, kind))
