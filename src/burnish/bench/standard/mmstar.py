"""MMStar (Chen et al., 2024): multiple choice that needs the picture; an answer's first letter is the option's.

As the authors' evaluation reads answers (github.com/MMStar-Benchmark/MMStar, eval/vlmeval/evaluate/mmstar.py,
79e6d1c): the letter itself, or after "(", "option " or "the answer is ", whatever follows. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeAlias

from burnish.bench.measures import RIGHT, measures
from burnish.bench.metrics import Term
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark, PictureSource
from burnish.bench.standard.asking.cells import read_picture_table
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import HUB, ROW, HubTable
from burnish.bench.standard.asking.frames import OPTION, framed
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, table
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.recorded_answers import recorded_answers, valued
from burnish.scores import MeasuredScores
from burnish.sources import Candidate

FILE = "MMStar.tsv"
RELEASE = "MMStar.tsv is linked from github.com/MMStar-Benchmark/MMStar, and its table is Lin-Chen/MMStar on the hub"
BEFORE = ("", "(", "option ", "the answer is ")
"""What may stand before the letter."""
OPTIONS = "abcd"
MEASURES = measures(RIGHT)
MmstarRows: TypeAlias = Callable[[], Iterator[tuple[Item, str]]]
"""Each row with the name of its picture."""


@dataclass(frozen=True, kw_only=True)
class ScoreMmstarConfig:
    """Score recorded answers to MMStar: the option's letter, by its six capabilities and their parts."""

    benchmark: ClassVar[str] = "mmstar"
    questions: str
    """MMStar's table, tab-separated, with `index`, `question`, `answer`, `category` and `l2_category`."""
    predictions: str
    """JSON lines with `question_id` (the table's index) and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskMmstarConfig(AskConfig):
    """Ask MMStar's questions, whose options stand in the question."""

    benchmark = "mmstar"


def score_files(config: ScoreMmstarConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and line."""
    questions = (_question(row, row.key("index")) for row in table(config.questions, RELEASE))
    return score(recorded_answers(questions, config.predictions, config.questions))


def score(predictions: Sequence[AnsweredQuestion]) -> Scored[MeasuredScores]:
    """The share of right answers, over all questions, each capability and each of its parts."""
    answers = [
        valued(one, {"accuracy": Term(reading(one.text) == one.asked.answer, 1)}, _groups(one.asked))
        for one in predictions
    ]
    unread = sum(not reading(one.text) for one in predictions)
    return measured_scores("MMStar", answers, MEASURES, {"answers without an option": unread})


def reading(text: str) -> str:
    """The option's letter in upper case; "" where the answer does not begin with one."""
    given = text.lower().strip().replace("\n", " ")
    found = (given[len(before) : len(before) + 1] for before in BEFORE if given.startswith(before))
    return next((letter.upper() for letter in found if letter and letter in OPTIONS), "")


def open_mmstar(config: AskMmstarConfig) -> OpenBenchmark:
    """MMStar as it is asked. Raises SourceError."""
    rows, pictures = _rows(config)

    def questions() -> Iterator[Candidate]:
        for row, picture in rows():
            yield _question(row, picture)

    return OpenBenchmark(frame=OPTION, questions=questions, pictures=pictures, write=write_answers, score=score)


def _rows(config: AskMmstarConfig) -> tuple[MmstarRows, PictureSource]:
    if config.data.startswith(f"{HUB}:"):
        hub = HubTable.open(config.data)
        return lambda: ((row, row.key(ROW)) for row in hub), hub
    found, pictures = read_picture_table(str(Path(config.data) / FILE), RELEASE)
    return lambda: iter(found), pictures


def _question(row: Item, picture: str) -> Candidate:
    truth = row.text("answer").strip().upper()
    if truth.lower() not in OPTIONS or len(truth) != 1:
        raise row.fault(f"has the answer {truth!r:.40}, and that must be one of A to D")
    return Candidate(
        id=row.key("index"),
        image=picture,
        question=framed(OPTION, row.text("question")),
        answer=truth,
        source=row.text("category"),
        facts={
            "picture": row.key("index"),
            "question": row.text("question"),
            "category": row.text("category"),
            "part": row.text("l2_category"),
        },
    )


def _groups(asked: Candidate) -> tuple[str, str]:
    """The capability, and its part under the capability's name."""
    category, part = str(asked.facts["category"]), str(asked.facts["part"])
    return category, f"{category}: {part}"


BENCHMARK = Benchmark(
    title="MMStar",
    what="options by letter",
    score=Way(ScoreMmstarConfig, score_files),
    ask=Way(AskMmstarConfig, open_mmstar),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, _: score(predictions),
)
