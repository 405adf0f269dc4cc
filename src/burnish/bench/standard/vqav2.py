"""VQAv2 (Goyal et al., 2017), validation: soft accuracy among ten people's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from burnish.bench.measures import SOFT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT
from burnish.bench.standard.asking.written import (
    SUBMISSION,
    number,
    write_answers,
    write_document,
)
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, items, listed, streamed
from burnish.bench.standard.numbers import MEAN, AnswerValue, Scored, accuracy_of, accuracy_scores
from burnish.bench.standard.prediction_stream import Predictions
from burnish.bench.standard.predictions import FORM, by_id
from burnish.bench.standard.submit import SUBMITTED, Submission, write_submission
from burnish.bench.standard.vqa_people import answers_of, commonest, people_answers, question_of_people
from burnish.bench.standard.vqa_text import evalai, vqa_accuracy
from burnish.scores import AccuracyScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreVqav2Config:
    """Score recorded answers to VQAv2's validation questions: soft accuracy among ten people's answers."""

    benchmark: ClassVar[str] = "vqav2"
    annotations: str
    """VQAv2's v2_mscoco_val2014_annotations.json, or a part of it in the same form."""
    predictions: str
    """The answers as they would be submitted: a JSON list, or JSON lines, with `question_id` and `answer` (or
    `text`). `burnish submit vqav2` makes them of a model's own words as LLaVA does."""
    json: str | None = None
    """Also write the scores to this file."""


VqaSplit: TypeAlias = Literal["val2014", "test-dev2015", "test2015"]
MissingAnswers: TypeAlias = Literal["refuse", "empty"]


@dataclass(frozen=True, kw_only=True)
class AskVqav2Config(AskConfig):
    """Ask VQAv2's questions; those of val2014 are scored, for the others a submission is written."""

    benchmark = "vqav2"
    split: VqaSplit = "val2014"
    """Which questions are asked."""


@dataclass(frozen=True, kw_only=True)
class SubmitVqav2Config:
    """Write recorded answers to VQAv2's test questions for its server, in EvalAI's form."""

    benchmark: ClassVar[str] = "vqav2"
    questions: str
    """VQAv2's v2_OpenEnded_mscoco_test2015_questions.json."""
    predictions: str
    """JSON lines with `question_id` and `text`."""
    missing: MissingAnswers = "refuse"
    """What to do about questions without a prediction: refuse, or write an empty answer, as LLaVA does for test2015
    when only test-dev was asked."""
    out: str
    """The JSON file that is written."""


TEST_RELEASE = "v2_OpenEnded_mscoco_test2015_questions.json is on visualqa.org/download.html"
RELEASE = "v2_mscoco_val2014_annotations.json is on visualqa.org/download.html"


class VqaQuestion(NamedTuple):
    """What people answered."""

    picture: str
    kind: str
    """yes/no, number or other."""
    answers: list[str]


def score_files(config: ScoreVqav2Config) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    predictions = Predictions(config.predictions, ("question_id",), ("answer", "text"))

    def answers() -> Iterator[AnswerValue]:
        asked = streamed(config.annotations, "annotations", RELEASE)
        for key, item, text in predictions.beside(asked, config.annotations):
            yield _answered(key, _question(item), text)

    return accuracy_of("VQAv2", answers, MEAN)._replace(recorded=predictions)


def score(questions: Mapping[str, VqaQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    return accuracy_scores("VQAv2", [_answered(key, one, texts[key]) for key, one in questions.items()], MEAN)


def _answered(key: str, question: VqaQuestion, text: str) -> AnswerValue:
    value = vqa_accuracy(text, question.answers)
    return AnswerValue(question.picture, value, (question.kind,), id=key, truth=commonest(question.answers), text=text)


def _question(item: Item) -> VqaQuestion:
    return VqaQuestion(item.key("image_id"), item.text("answer_type"), people_answers(item))


VQAV2_FILES = "VQAv2's questions and annotations are on visualqa.org/download.html"
COCO = "COCO's pictures are val2014.zip and test2015.zip of cocodataset.org/#download"


def open_vqav2(config: AskVqav2Config) -> OpenBenchmark:
    """VQAv2 as it is asked. Raises SourceError."""
    split = config.split
    pictures = "test2015" if split.startswith("test") else split
    data = open_data(config, (pictures, "."), COCO)

    annotations = cache(_annotations)  # large, and the questions are read several times

    def official(root: Path) -> Iterator[Item]:
        people = annotations(root, split)
        whole = document(str(root / f"v2_OpenEnded_mscoco_{split}_questions.json"), VQAV2_FILES)
        for item in listed(whole, "questions"):
            annotation = people.get(item.key("question_id"))
            if people and annotation is None:
                raise item.fault("has no annotation: take questions and annotations of the same release")
            yield Item(item.where, {**item.values, **(annotation or {})})

    def name_of(row: Item) -> str:
        return f"COCO_{pictures}_{row.key('image_id').zfill(12)}.jpg"

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield question_of_people(row, row.key("question_id"), data.picture(row, name_of), SHORT)

    return OpenBenchmark(frame=SHORT, questions=questions, pictures=data, write=write, score=rescore)


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores] | None:
    """The scores of answers in EvalAI's form, as LLaVA submits them; None for a test set."""
    if any(one.asked.answer is None for one in predictions):
        return None
    questions = {
        one.asked.id: VqaQuestion(one.fact("picture"), one.fact("kind"), answers_of(one.asked)) for one in predictions
    }
    return score(questions, {one.asked.id: evalai(one.text) for one in predictions})


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """The model's own words, and the answers as its server takes them."""
    write_answers(predictions, folder)
    rows = [{"question_id": number(one.asked.id), "answer": evalai(one.text)} for one in predictions]
    write_document(folder / SUBMISSION, rows)


def _annotations(root: Path, split: str) -> dict[str, dict[str, object]]:
    """What people said, by question; of a test set nothing is published."""
    if split.startswith("test"):
        return {}
    rows = listed(document(str(root / f"v2_mscoco_{split}_annotations.json"), VQAV2_FILES), "annotations")
    return {
        row.key("question_id"): {"answers": people_answers(row), "answer_type": row.text("answer_type")} for row in rows
    }


def submit(config: SubmitVqav2Config) -> Submission:
    """Write [{"question_id", "answer"}] with answers in EvalAI's form. Raises SourceError for files that do not fit."""
    asked = {
        item.key("question_id"): item.values["question_id"]
        for item in listed(document(config.questions, TEST_RELEASE), "questions")
    }
    found = [(item, item.key("question_id"), item.text(*SUBMITTED)) for item in items(config.predictions, FORM)]
    given = {key for _, key, _ in found}
    empty = {key for key in asked if key not in given} if config.missing == "empty" else set()
    needed = {key: number for key, number in asked.items() if key not in empty}
    texts = by_id(found, needed, config.predictions, config.questions)
    return write_submission(
        config.out,
        [{"question_id": number, "answer": evalai(texts.get(key, ""))} for key, number in asked.items()],
        len(empty),
    )


BENCHMARK = Benchmark(
    title="VQAv2",
    what="soft accuracy among ten answers",
    score=Way(ScoreVqav2Config, score_files),
    ask=Way(AskVqav2Config, open_vqav2),
    submit=Way(SubmitVqav2Config, submit),
    measures=lambda _: measures(SOFT),
    rescore=lambda predictions, _: rescore(predictions),
)
