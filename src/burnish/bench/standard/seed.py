"""SEED-Bench (Li et al., 2023), the questions about pictures: the first letter of the answer is the right option's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from burnish.bench.measures import RIGHT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import LETTERS, OPTION, framed, with_options
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, listed
from burnish.bench.standard.numbers import RATE, AnswerValue, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.errors import SourceError
from burnish.scores import AccuracyScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreSeedConfig:
    """Score recorded answers to SEED-Bench's questions about pictures."""

    benchmark: ClassVar[str] = "seed"
    questions: str
    """SEED-Bench.json; its questions about videos are skipped."""
    predictions: str
    """JSON lines with `question_id` and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskSeedConfig(AskConfig):
    """Ask SEED-Bench's questions about pictures."""

    benchmark = "seed"


RELEASE = "SEED-Bench.json is in huggingface.co/datasets/AILab-CVC/SEED-Bench"


class SeedQuestion(NamedTuple):
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
    questions = {key: _truth(row, names) for key, row in rows.items() if row.text("data_type") == "image"}
    if not questions:
        raise SourceError(f"{config.questions} has no question whose `data_type` is image: {RELEASE}.")
    texts = read_predictions(
        config.predictions, ("question_id",), ("text", "prediction"), questions, source=config.questions, ignored=rows
    )
    return score(questions, texts)


def score(questions: Mapping[str, SeedQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        AnswerValue(
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


def _truth(row: Item, names: Mapping[str, str]) -> SeedQuestion:
    kind = row.key("question_type_id")
    return SeedQuestion(row.key("data_id"), row.text("answer"), names.get(kind, kind))


FILE = "SEED-Bench.json"
PICTURES = "SEED-Bench's pictures are in SEED-Bench-image.zip of huggingface.co/datasets/AILab-CVC/SEED-Bench"


def open_seed(config: AskSeedConfig) -> OpenBenchmark:
    """SEED-Image as it is asked. Raises SourceError."""
    data = open_data(config, ("SEED-Bench-image", "."), PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(_official):
            if row.text("data_type") == "image":
                yield _question(row, data.picture(row, lambda row: row.text("data_id")))

    return OpenBenchmark(frame=OPTION, questions=questions, pictures=data, write=write_answers, score=rescore)


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores]:
    """The scores of answers."""
    questions = {
        one.asked.id: SeedQuestion(one.fact("picture"), one.asked.answer or "", one.fact("kind")) for one in predictions
    }
    return score(questions, {one.asked.id: one.text for one in predictions})


def _official(root: Path) -> Iterator[Item]:
    whole = document(str(root / FILE), RELEASE)
    names = kind_names(whole)
    for item in listed(whole, "questions"):
        kind = item.key("question_type_id")
        yield Item(item.where, {**item.values, "question_type_id": names.get(kind, kind)})


def _question(row: Item, picture: str) -> Candidate:
    choices = [row.text(f"choice_{letter.lower()}") for letter in LETTERS[:4]]
    kind = row.key("question_type_id")
    return Candidate(
        id=row.key("question_id"),
        image=picture,
        question=framed(OPTION, with_options(row.text("question"), choices)),
        answer=row.text("answer"),
        source=kind,
        facts={"picture": row.key("data_id"), "kind": kind},
    )


BENCHMARK = Benchmark(
    title="SEED-Image",
    column="SEED-I",
    what="options by letter",
    score=Way(ScoreSeedConfig, score_files),
    ask=Way(AskSeedConfig, open_seed),
    measures=lambda _: measures(RIGHT),
    rescore=lambda predictions, _: rescore(predictions),
)
