"""DocVQA (Mathew et al., 2021): ANLS, how like an answer is to the nearest of the true ones, letter by letter.

Equation 1 of Biten et al. (2019), as the competition's server computes it (rrc.cvc.uab.es, challenge 17): white space
and case do not count among the letters that differ, but the longer text's length is taken as it stands; less than half
alike is 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from burnish.bench.measures import SOFT, measures
from burnish.bench.metrics import Term
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT, framed
from burnish.bench.standard.asking.written import SUBMISSION, number, write_answers, write_document
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.edit_distance import edit_distance
from burnish.bench.standard.files import Item, document, listed
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.recorded_answers import recorded_answers, valued
from burnish.errors import SourceError
from burnish.scores import MeasuredScores
from burnish.sources import Candidate

RELEASE = "DocVQA's val_v1.0.json and its pictures are in Task 1 of rrc.cvc.uab.es/?ch=17&com=downloads"
HALF = 0.5
"""Less alike than this is not alike."""
ANLS = dataclasses.replace(SOFT, name="anls", title="ANLS")
MEASURES = measures(ANLS)
IDS = ("questionId", "question_id")
DocVQASplit: TypeAlias = Literal["val", "test"]


@dataclass(frozen=True, kw_only=True)
class ScoreDocvqaConfig:
    """Score recorded answers to DocVQA's validation questions: ANLS."""

    benchmark: ClassVar[str] = "docvqa"
    questions: str
    """DocVQA's val_v1.0.json, or a part of it in the same form."""
    predictions: str
    """JSON lines or a JSON list with `questionId` (or `question_id`) and `answer` (or `text`)."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskDocvqaConfig(AskConfig):
    """Ask DocVQA's questions; those of val are scored, for test a submission is written."""

    benchmark = "docvqa"
    split: DocVQASplit = "val"
    """Which questions are asked."""


def score_files(config: ScoreDocvqaConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    whole = document(config.questions, RELEASE)
    questions = (_question(row, row.text("image")) for row in listed(whole, "data"))
    scored = score(recorded_answers(questions, config.predictions, config.questions, ids=IDS))
    if scored is None:
        raise SourceError(f"{config.questions} has questions without `answers`: only DocVQA's server can score them.")
    return scored


def score(predictions: Sequence[AnsweredQuestion]) -> Scored[MeasuredScores] | None:
    """The mean ANLS, over all questions and over each kind; None for a test set."""
    if any(one.asked.answer is None for one in predictions):
        return None
    answers = [valued(one, {"anls": Term(anls(one.text, _truths(one)), 1)}, _kinds(one)) for one in predictions]
    return measured_scores("DocVQA", answers, MEASURES)


def anls(answer: str, truths: Sequence[str]) -> float:
    """0 to 1: how like the answer is to the nearest truth, 0 where that is less than half."""
    nearest = max(1 - _distance(answer.strip(), truth) for truth in truths)
    return 0.0 if nearest < HALF else nearest


def _distance(answer: str, truth: str) -> float:
    """Changed letters over those of the longer text."""
    longest = max(len(answer), len(truth))
    return edit_distance(_plain(answer), _plain(truth)) / longest if longest else 0.0


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def open_docvqa(config: AskDocvqaConfig) -> OpenBenchmark:
    """DocVQA as it is asked. Raises SourceError."""
    data = open_data(config, (".", config.split, "spdocvqa_images"), RELEASE)

    def official(root: Path) -> Iterator[Item]:
        return listed(document(str(_file(root, config.split)), RELEASE), "data")

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield _question(row, data.picture(row, lambda row: row.text("image")))

    return OpenBenchmark(frame=SHORT, questions=questions, pictures=data, write=write, score=score)


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """The model's own words, and the answers as the server takes them."""
    write_answers(predictions, folder)
    write_document(
        folder / SUBMISSION, [{"questionId": number(one.asked.id), "answer": one.text} for one in predictions]
    )


def _file(root: Path, split: str) -> Path:
    """The questions, with their types where the release has those."""
    found = sorted(root.glob(f"{split}_v1.0*.json"))
    if not found:
        raise SourceError(f"{root} has no {split}_v1.0.json: {RELEASE}.")
    return found[-1]


def _question(row: Item, picture: str) -> Candidate:
    truths = [str(truth) for truth in row.sequence("answers")] if row.values.get("answers") else []
    kinds = row.sequence("question_types") if row.values.get("question_types") else []
    return Candidate(
        id=row.key(*IDS),
        image=picture,
        question=framed(SHORT, row.text("question")),
        answer=truths[0] if truths else None,
        source="docvqa",
        facts={
            "picture": row.key("image", "docId"),
            "question": row.text("question"),
            "answers": [*truths],
            "kinds": [str(kind) for kind in kinds],
        },
    )


def _truths(one: AnsweredQuestion) -> list[str]:
    truths = one.asked.facts["answers"]
    return [str(truth) for truth in truths] if isinstance(truths, list) else []


def _kinds(one: AnsweredQuestion) -> list[str]:
    kinds = one.asked.facts["kinds"]
    return [str(kind) for kind in kinds] if isinstance(kinds, list) else []


BENCHMARK = Benchmark(
    title="DocVQA",
    what="ANLS, by edit distance",
    score=Way(ScoreDocvqaConfig, score_files),
    ask=Way(AskDocvqaConfig, open_docvqa),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, _: score(predictions),
)
