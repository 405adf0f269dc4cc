"""MathVista (Lu et al., 2024), testmini: an answer in the form that its question asks for equals the truth.

As the authors' calculate_score.py normalises answers (github.com/lupantech/MathVista, 2a249bb), of the quick rules of
their extract_answer.py. They have GPT-4 take the answer out of a long text first: give what it took as `extraction`;
else the text is read as it is, and the result says how many could not be.
"""

from __future__ import annotations

import re
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
from burnish.bench.standard.edit_distance import edit_distance
from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.recorded_answers import TEXTS, recorded_answers, valued
from burnish.records import Json
from burnish.scores import MeasuredScores
from burnish.sources import Candidate

FILE = "testmini.json"
RELEASE = "testmini.json and images.zip are linked from data of github.com/lupantech/MathVista"
CHOICE = "multi_choice"
NOTE = "Answers are read by rules where no `extraction` is given; the authors have GPT-4 extract them."
_LETTER = re.compile(r"\(([a-zA-Z])\)")
_QUOTED = re.compile(r'The answer is "(.*)"\.')
MEASURES = measures(RIGHT)


@dataclass(frozen=True, kw_only=True)
class ScoreMathvistaConfig:
    """Score recorded answers to MathVista's testmini: accuracy, by task."""

    benchmark: ClassVar[str] = "mathvista"
    questions: str
    """MathVista's testmini.json, or a part of it in the same form."""
    predictions: str
    """JSON lines or a JSON list with `question_id` (or `pid`) and `extraction`, `text` or `response`."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskMathvistaConfig(AskConfig):
    """Ask MathVista's testmini, in the words of its own field `query`."""

    benchmark = "mathvista"
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


def score_files(config: ScoreMathvistaConfig) -> Scored[MeasuredScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = (_question(row, row.text("image")) for row in _rows(config.questions))
    predictions = recorded_answers(
        questions, config.predictions, config.questions, ids=("question_id", "pid"), texts=("extraction", *TEXTS)
    )
    return score(predictions)


def score(predictions: Sequence[AnsweredQuestion]) -> Scored[MeasuredScores]:
    """The share of right answers, over all questions and over each task."""
    read = [reading(one) for one in predictions]
    answers = [
        valued(one, {"accuracy": Term(answer == one.asked.answer, 1)}, _groups(one))
        for one, answer in zip(predictions, read, strict=True)
    ]
    counts = {"answers that are not in the form asked for": sum(answer is None for answer in read)}
    return measured_scores("MathVista", answers, MEASURES, counts, NOTE)


def reading(one: AnsweredQuestion) -> str | None:
    """The answer in its question's form; None where it is not in it, as where there is no answer at all."""
    if not one.text.strip():
        return None
    facts = one.asked.facts
    text = extracted(one.text)
    if facts["question type"] == CHOICE:
        choices = facts["choices"]
        return chosen(text, [str(choice) for choice in choices]) if isinstance(choices, list) else None
    if facts["answer type"] in ("integer", "float"):
        return _number(text, None if facts["answer type"] == "integer" else _precision(facts["precision"]))
    return text


def extracted(text: str) -> str:
    """What is quoted in `The answer is "…".`, else the whole text."""
    found = _QUOTED.search(text)
    return found[1] if found else text


def chosen(text: str, choices: Sequence[str]) -> str:
    """The choice that an answer means: by the first letter in brackets, by a letter alone, else the nearest in letters.

    So the authors have it; by their rule an empty answer would mean the shortest choice, but `reading` takes none.
    """
    letter = _LETTER.search(text)
    given = letter[1].upper() if letter else text.strip()
    place = ord(given) - ord("A") if len(given) == 1 else -1
    if 0 <= place < len(choices):
        return choices[place]
    return min(choices, key=lambda choice: edit_distance(given, choice))


def _number(text: str, digits: int | None) -> str | None:
    """As Python writes a number of so many digits; None for what is none."""
    try:
        return str(int(float(text))) if digits is None else str(round(float(text), digits))
    except (ValueError, OverflowError):
        return None


def _precision(value: Json) -> int:
    return int(value) if isinstance(value, int | float) else 0


def open_mathvista(config: AskMathvistaConfig) -> OpenBenchmark:
    """MathVista as it is asked. Raises SourceError."""
    data = open_data(config, (".",), RELEASE)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _rows(str(root / FILE))):
            yield _question(row, data.picture(row, lambda row: row.text("image")))

    return OpenBenchmark(frame=BARE, questions=questions, pictures=data, write=write_answers, score=score)


def _rows(path: str) -> Iterator[Item]:
    return (Item(item.where, {"pid": key, **item.values}) for key, item in members(document(path, RELEASE)))


def _question(row: Item, picture: str) -> Candidate:
    metadata = row.values.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    choices = row.sequence("choices") if row.values.get("choices") else []
    if row.text("question_type") == CHOICE and not choices:
        raise row.fault("is multiple choice and has no `choices`")
    return Candidate(
        id=row.key("pid"),
        image=picture,
        question=framed(BARE, row.text("query", "question")),
        answer=row.text("answer"),
        source=str(about.get("task", "mathvista")),
        facts={
            "picture": row.key("image", ROW),
            "question": row.text("question"),
            "question type": row.text("question_type"),
            "answer type": row.text("answer_type"),
            "precision": row.number("precision") if row.values.get("precision") else None,
            "choices": [str(choice) for choice in choices],
            "task": str(about.get("task", "")),
        },
    )


def _groups(one: AnsweredQuestion) -> tuple[str, ...]:
    return (one.fact("task"),) if one.fact("task") else ()


BENCHMARK = Benchmark(
    title="MathVista",
    what="numbers and choices, by task",
    score=Way(ScoreMathvistaConfig, score_files),
    ask=Way(AskMathvistaConfig, open_mathvista),
    measures=lambda _: MEASURES,
    rescore=lambda predictions, _: score(predictions),
)
