"""VizWiz-VQA (Gurari et al., 2018), validation: VQAv2's rule on questions that blind people asked, one per picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from burnish.bench.measures import SOFT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import VIZWIZ
from burnish.bench.standard.asking.written import (
    PREDICTIONS,
    SUBMISSION,
    write_document,
    write_lines,
)
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import MEAN, AnswerValue, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.bench.standard.submit import SUBMITTED, Submission, write_submission
from burnish.bench.standard.vqa_people import answers_of, commonest, people_answers, question_of_people
from burnish.bench.standard.vqa_text import evalai, vqa_accuracy
from burnish.scores import AccuracyScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreVizwizConfig:
    """Score recorded answers to VizWiz's validation questions, by VQAv2's rule."""

    benchmark: ClassVar[str] = "vizwiz"
    annotations: str
    """VizWiz's val.json, or a part of it in the same form."""
    predictions: str
    """The answers as they would be submitted: a JSON list, or JSON lines, with `image` and `answer`.
    `burnish submit vizwiz` makes them of a model's own words as LLaVA does."""
    json: str | None = None
    """Also write the scores to this file."""


ValOrTest: TypeAlias = Literal["val", "test"]


@dataclass(frozen=True, kw_only=True)
class AskVizwizConfig(AskConfig):
    """Ask VizWiz's questions; those of val are scored, for test a submission is written."""

    benchmark = "vizwiz"
    split: ValOrTest = "val"
    """Which questions are asked."""


@dataclass(frozen=True, kw_only=True)
class SubmitVizwizConfig:
    """Write recorded answers to VizWiz's test questions for its server, in EvalAI's form."""

    benchmark: ClassVar[str] = "vizwiz"
    questions: str
    """VizWiz's test.json."""
    predictions: str
    """JSON lines with `image` (or `question_id`, holding the picture's name) and `text`."""
    out: str
    """The JSON file that is written."""


TEST_RELEASE = "test.json is in Annotations.zip of vizwiz.org/tasks-and-datasets/vqa"
RELEASE = "val.json is in Annotations.zip of vizwiz.org/tasks-and-datasets/vqa"


class VizWizQuestion(NamedTuple):
    """What people answered."""

    kind: str
    """yes/no, number, other or unanswerable."""
    answers: list[str]


def score_files(config: ScoreVizwizConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = read_annotations(config.annotations)
    texts = read_predictions(config.predictions, ("image",), ("answer",), questions, source=config.annotations)
    return score(questions, texts)


def score(questions: Mapping[str, VizWizQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by picture."""
    answers = [
        AnswerValue(
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


def read_annotations(path: str) -> dict[str, VizWizQuestion]:
    """The official annotations by picture. Raises SourceError."""
    return {
        item.text("image"): VizWizQuestion(item.text("answer_type"), people_answers(item))
        for item in items(path, RELEASE)
    }


VIZWIZ_FILES = "val.json and test.json are in Annotations.zip of vizwiz.org/tasks-and-datasets/vqa"
VIZWIZ_PICTURES = "VizWiz's pictures are val.zip and test.zip of vizwiz.org/tasks-and-datasets/vqa"


def open_vizwiz(config: AskVizwizConfig) -> OpenBenchmark:
    """VizWiz as it is asked. Raises SourceError."""
    data = open_data(config, (config.split, "."), VIZWIZ_PICTURES)

    def official(root: Path) -> Iterator[Item]:
        return items(str(root / f"{config.split}.json"), VIZWIZ_FILES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            key = row.key("image", "question_id")
            yield question_of_people(row, key, data.picture(row, lambda row: row.text("image")), VIZWIZ)

    return OpenBenchmark(frame=VIZWIZ, questions=questions, pictures=data, write=write, score=rescore)


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores] | None:
    """The scores of answers in EvalAI's form, as LLaVA submits them; None for a test set."""
    if any(one.asked.answer is None for one in predictions):
        return None
    questions = {one.asked.id: VizWizQuestion(one.fact("kind"), answers_of(one.asked)) for one in predictions}
    return score(questions, {one.asked.id: evalai(one.text) for one in predictions})


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """The model's own words, and the answers as its server takes them."""
    own = ({"image": one.asked.id, "prompt": one.asked.question, "text": one.text} for one in predictions)
    write_lines(folder / PREDICTIONS, own)
    write_document(folder / SUBMISSION, [{"image": one.asked.id, "answer": evalai(one.text)} for one in predictions])


def submit(config: SubmitVizwizConfig) -> Submission:
    """Write [{"image", "answer"}] with answers in EvalAI's form. Raises SourceError for files that do not fit."""
    asked = dict.fromkeys(item.text("image") for item in items(config.questions, TEST_RELEASE))
    texts = read_predictions(config.predictions, ("image", "question_id"), SUBMITTED, asked, source=config.questions)
    return write_submission(config.out, [{"image": name, "answer": evalai(texts[name])} for name in asked])


BENCHMARK = Benchmark(
    title="VizWiz",
    what="VQAv2's rule",
    score=Way(ScoreVizwizConfig, score_files),
    ask=Way(AskVizwizConfig, open_vizwiz),
    submit=Way(SubmitVizwizConfig, submit),
    measures=lambda _: measures(SOFT),
    rescore=lambda predictions, _: rescore(predictions),
)
