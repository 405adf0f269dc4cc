"""VizWiz-VQA (Gurari et al., 2018), validation: VQAv2's rule on questions that blind people asked, one a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.standard.configs import ScoreVizwizConfig
from burnish.bench.standard.files import items
from burnish.bench.standard.numbers import MEAN, Answered, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.bench.standard.vqa_people import commonest, people_answers
from burnish.bench.standard.vqa_text import vqa_accuracy
from burnish.scores import AccuracyScores

RELEASE = "val.json is in Annotations.zip of vizwiz.org/tasks-and-datasets/vqa"


class Question(NamedTuple):
    """What people answered."""

    kind: str
    """yes/no, number, other or unanswerable."""
    answers: list[str]


def score_files(config: ScoreVizwizConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = read_annotations(config.annotations)
    texts = read_predictions(config.predictions, ("image",), ("answer",), questions, source=config.annotations)
    return score(questions, texts)


def score(questions: Mapping[str, Question], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by picture."""
    answers = [
        Answered(
            picture,
            vqa_accuracy(texts[picture], question.answers),
            (question.kind,),
            id=picture,
            truth=commonest(question.answers),
            text=texts[picture],
        )
        for picture, question in questions.items()
    ]
    return accuracy_scores("VizWiz", answers, MEAN)


def read_annotations(path: str) -> dict[str, Question]:
    """The official annotations by picture. Raises SourceError."""
    return {
        item.text("image"): Question(item.text("answer_type"), people_answers(item)) for item in items(path, RELEASE)
    }
