"""OCRBench (Liu et al., 2023): an answer is right where it holds one of the true texts.

As the authors' scripts count (github.com/Yuliang-Liu/MultimodalOCR, OCRBench/scripts, f5cbec6): in lower case, lines
joined by spaces; for handwritten formulas (HME100k) with case but without any space.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from burnish.bench.measures import RIGHT, measures
from burnish.bench.metrics import Term
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import BARE, framed
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.recorded_answers import recorded_answers, valued
from burnish.scores import MeasuredScores
from burnish.sources import Candidate

FILE = "OCRBench.json"
RELEASE = "OCRBench.json and its pictures are linked from OCRBench of github.com/Yuliang-Liu/MultimodalOCR"
FORMULAS = "HME100k"
"""The data set whose answers are formulas."""
MEASURES = measures(RIGHT)


@dataclass(frozen=True, kw_only=True)
class ScoreOcrbenchConfig:
    """Score recorded answers to OCRBench: the share that holds a true text, and the points out of 1,000."""

    benchmark: ClassVar[str] = "ocrbench"
    questions: str
    """OCRBench.json, or a part of it in the same form."""
    predictions: str
    """JSON lines with `question_id` (the question's place in the file, from 0, unless it has an `id`) and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskOcrbenchConfig(AskConfig):
    """Ask OCRBench's questions about text in pictures."""

    benchmark = "ocrbench"


def score_files(config: ScoreOcrbenchConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = (_question(row, row.text("image_path")) for row in _rows(config.questions))
    return score(recorded_answers(questions, config.predictions, config.questions))


def score(predictions: Sequence[AnsweredQuestion]) -> Scored[MeasuredScores]:
    """The share of right answers, over all questions and over each type; the official score is their number."""
    right = [holds(one.text, _truths(one), formula=one.fact("data set") == FORMULAS) for one in predictions]
    answers = [
        valued(one, {"accuracy": Term(is_right, 1)}, (one.fact("kind"),))
        for one, is_right in zip(predictions, right, strict=True)
    ]
    return measured_scores("OCRBench", answers, MEASURES, {"points (the official score, of 1,000)": sum(right)})


def holds(answer: str, truths: Sequence[str], *, formula: bool = False) -> bool:
    """Whether one of the true texts stands in the answer."""
    return any(_plain(truth, formula) in _plain(answer, formula) for truth in truths)


def _plain(text: str, formula: bool) -> str:
    joined = text.strip().replace("\n", " ")
    return joined.replace(" ", "") if formula else joined.lower()


def open_ocrbench(config: AskOcrbenchConfig) -> OpenBenchmark:
    """OCRBench as it is asked. Raises SourceError."""
    data = open_data(config, ("OCRBench_Images", "."), RELEASE)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _rows(str(root / FILE))):
            yield _question(row, data.picture(row, lambda row: row.text("image_path")))

    return OpenBenchmark(frame=BARE, questions=questions, pictures=data, write=write_answers, score=score)


def _rows(path: str) -> Iterator[Item]:
    """The questions, those without an id by their place."""
    return (Item(item.where, {"id": place, **item.values}) for place, item in enumerate(items(path, RELEASE)))


def _question(row: Item, picture: str) -> Candidate:
    given = next((row.values[name] for name in ("answers", "answer") if name in row.values), None)
    truths = [str(truth) for truth in given] if isinstance(given, list) else [row.text("answers", "answer")]
    kind = row.text("type", "question_type")
    return Candidate(
        id=row.key("id", ROW),
        image=picture,
        question=framed(BARE, row.text("question")),
        answer=truths[0] if truths else "",
        source=kind,
        facts={
            "picture": row.key("image_path", ROW),
            "question": row.text("question"),
            "kind": kind,
            "data set": row.text("dataset_name", "dataset"),
            "answers": [*truths],
        },
    )


def _truths(one: AnsweredQuestion) -> list[str]:
    truths = one.asked.facts["answers"]
    return [str(truth) for truth in truths] if isinstance(truths, list) else []


BENCHMARK = Benchmark(
    title="OCRBench",
    what="answers that contain the true text",
    score=Way(ScoreOcrbenchConfig, score_files),
    ask=Way(AskOcrbenchConfig, open_ocrbench),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, _: score(predictions),
)
