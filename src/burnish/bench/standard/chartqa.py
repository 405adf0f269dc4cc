"""ChartQA (Masry et al., 2022): a number may be off by 5 %, any other answer must equal the truth.

The rule is the one that the field computes, `relaxed_correctness` of google-research/pix2struct (metrics.py): section
5.1 of the paper says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from burnish.bench.measures import RIGHT, measures
from burnish.bench.metrics import Term
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import SHORT, framed
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.recorded_answers import recorded_answers, valued
from burnish.scores import MeasuredScores
from burnish.sources import Candidate

RELEASE = "ChartQA's test_human.json and test_augmented.json are in ChartQA Dataset/test of github.com/vis-nlp/ChartQA"
PICTURES = "ChartQA's pictures are in ChartQA Dataset/test/png of github.com/vis-nlp/ChartQA"
TOLERANCE = 0.05
"""Of the true number."""
PARTS = ("human", "augmented")
ChartQASplit: TypeAlias = Literal["test", "val"]
MEASURES = measures(RIGHT)


@dataclass(frozen=True, kw_only=True)
class ScoreChartqaConfig:
    """Score recorded answers to ChartQA: relaxed accuracy, in which a number may be off by 5 %."""

    benchmark: ClassVar[str] = "chartqa"
    questions: tuple[str, ...]
    """test_human.json and test_augmented.json, or one of them."""
    predictions: str
    """JSON lines with `question_id`, such as human/0 for the first question of test_human.json, and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskChartqaConfig(AskConfig):
    """Ask ChartQA's questions: human-written ones, and those generated from captions."""

    benchmark = "chartqa"
    split: ChartQASplit = "test"
    """Which questions are asked."""


def score_files(config: ScoreChartqaConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    rows = (row for path in config.questions for row in _rows(path))
    questions = (_question(row, row.text("imgname")) for row in rows)
    return score(recorded_answers(questions, config.predictions, " ".join(config.questions)))


def score(predictions: Sequence[AnsweredQuestion]) -> Scored[MeasuredScores]:
    """The share of right answers, of the questions by people and of the others too."""
    answers = [
        valued(one, {"accuracy": Term(relaxed(one.text, one.asked.answer or ""), 1)}, (one.fact("part"),))
        for one in predictions
    ]
    return measured_scores("ChartQA", answers, MEASURES)


def relaxed(answer: str, truth: str) -> bool:
    """Within 5 % of a true number that is not 0; else equal but for upper and lower case."""
    given, true = _number(answer), _number(truth)
    if given is not None and true:
        return abs(given - true) / abs(true) <= TOLERANCE
    return answer.lower() == truth.lower()


def _number(text: str) -> float | None:
    """A number, 5% as 0.05; None for any other text."""
    try:
        return float(text.rstrip("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None


def open_chartqa(config: AskChartqaConfig) -> OpenBenchmark:
    """ChartQA as it is asked. Raises SourceError."""
    data = open_data(config, ("png", f"{config.split}/png", "."), PICTURES)

    def official(root: Path) -> Iterator[Item]:
        folder = root / config.split if (root / config.split).is_dir() else root
        for part in PARTS:
            yield from _rows(str(folder / f"{config.split}_{part}.json"))

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield _question(row, data.picture(row, lambda row: row.text("imgname")))

    return OpenBenchmark(frame=SHORT, questions=questions, pictures=data, write=write_answers, score=score)


def _rows(path: str) -> Iterator[Item]:
    """The questions of one file; they have no ids, so their place in it is one."""
    part = Path(path).stem.rpartition("_")[2]
    for place, item in enumerate(items(path, RELEASE)):
        yield Item(item.where, {**item.values, "question_id": f"{part}/{place}", "part": part})


def _question(row: Item, picture: str) -> Candidate:
    part = row.text("part", "type").partition("_")[0]
    question = row.text("query", "question")
    return Candidate(
        id=row.text("question_id") if "question_id" in row.values else f"{part}/{row.key(ROW)}",
        image=picture,
        question=framed(SHORT, question),
        answer=row.text("label", "answer"),
        source=part,
        facts={"picture": row.key("imgname", ROW), "question": question, "part": part},
    )


BENCHMARK = Benchmark(
    title="ChartQA",
    what="relaxed accuracy",
    score=Way(ScoreChartqaConfig, score_files),
    ask=Way(AskChartqaConfig, open_chartqa),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, _: score(predictions),
)
