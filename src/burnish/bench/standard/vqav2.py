"""VQAv2 (Goyal et al., 2017), validation: soft accuracy among ten people's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.standard.configs import ScoreVqav2Config
from burnish.bench.standard.files import document, listed
from burnish.bench.standard.numbers import MEAN, Answered, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.bench.standard.vqa_people import commonest, people_answers
from burnish.bench.standard.vqa_text import vqa_accuracy
from burnish.scores import AccuracyScores

RELEASE = "v2_mscoco_val2014_annotations.json is on visualqa.org/download.html"


class Question(NamedTuple):
    """What people answered."""

    picture: str
    kind: str
    """yes/no, number or other."""
    answers: list[str]


def score_files(config: ScoreVqav2Config) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = read_annotations(config.annotations)
    texts = read_predictions(
        config.predictions, ("question_id",), ("answer", "text"), questions, source=config.annotations
    )
    return score(questions, texts)


def score(questions: Mapping[str, Question], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        Answered(
            question.picture,
            vqa_accuracy(texts[key], question.answers),
            (question.kind,),
            id=key,
            truth=commonest(question.answers),
            text=texts[key],
        )
        for key, question in questions.items()
    ]
    return accuracy_scores("VQAv2", answers, MEAN)


def read_annotations(path: str) -> dict[str, Question]:
    """The official annotations by question id. Raises SourceError."""
    return {
        item.key("question_id"): Question(item.key("image_id"), item.text("answer_type"), people_answers(item))
        for item in listed(document(path, RELEASE), "annotations")
    }
