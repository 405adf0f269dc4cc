"""MMHal-Bench (Sun et al., 2023): a judge's ratings of answers from 0 to 6, where less than 3 means a hallucination.

As the authors' eval_gpt4.py counts (huggingface.co/datasets/Shengcao1006/MMHal-Bench): a reply with one "Rating: N"
has that rating; one with none or several counts 0, and so as a hallucination, and is counted.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from burnish.bench.measures import measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import BARE, framed
from burnish.bench.standard.asking.written import for_a_judge, write_document
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, items
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.errors import SourceError
from burnish.scores import MeasuredScores, Metric
from burnish.sources import Candidate

FILE = "response_template.json"
RELEASE = f"{FILE} and the pictures are in huggingface.co/datasets/Shengcao1006/MMHal-Bench"
FORM = (
    "give a JSON list with one object an answer, in the order of the questions: the judge's words as `content`, or the "
    "endpoint's reply with `choices`, as eval_gpt4.py writes it"
)
HALLUCINATED = 3
"""Ratings below this mean that the answer holds what is not there."""
_RATING = re.compile(r"rating: ([0-6])")
_POINTS = Metric(name="rating", title="rating", family="judged", unit="points", interval="bootstrap", better="higher")
MEASURES = measures(
    _POINTS,
    dataclasses.replace(
        _POINTS, name="hallucinated", title="hallucinated", unit="%", interval="wilson", better="lower"
    ),
)


@dataclass(frozen=True, kw_only=True)
class ScoreMmhalConfig:
    """Score a judge's recorded ratings of answers to MMHal-Bench: the mean rating, and the share of hallucinations."""

    benchmark: ClassVar[str] = "mmhal"
    questions: str
    """MMHal-Bench's response_template.json, or a part of it in the same form."""
    judgements: str
    """The judge's replies in the order of the questions, as eval_gpt4.py writes them."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskMmhalConfig(AskConfig):
    """Ask MMHal-Bench's questions, for a judge to rate the answers."""

    benchmark = "mmhal"
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


def score_files(config: ScoreMmhalConfig) -> Scored[MeasuredScores]:
    """The scores of recorded ratings. Raises SourceError, naming file and item."""
    questions = read_questions(config.questions)
    replies = [_reply(row) for row in items(config.judgements, FORM)]
    if len(replies) != len(questions):
        raise SourceError(
            f"{config.judgements} has {len(replies):,} judgements for the {len(questions):,} questions of "
            f"{config.questions}: {FORM}."
        )
    return score(questions, dict(zip(questions, replies, strict=True)))


def read_questions(path: str) -> dict[str, Item]:
    """The official questions by their place in the file. Raises SourceError."""
    found = {row.text("id"): row for row in _rows(path)}
    if not found:
        raise SourceError(f"{path} holds no question: {RELEASE}.")
    return found


def score(questions: Mapping[str, Item], replies: Mapping[str, str]) -> Scored[MeasuredScores]:
    """The scores of a judge's replies by question."""
    answers = [
        rated(key, row.key("image_id"), row.text("question_type"), replies[key]) for key, row in questions.items()
    ]
    unread = sum(rating(replies[key]) is None for key in questions)
    counts = {"replies without one rating, which count 0": unread}
    scored = measured_scores("MMHal-Bench", answers, MEASURES, counts)
    return scored._replace(recorded=[replies[key] for key in questions])


def rated(key: str, picture: str, kind: str, reply: str, text: str = "") -> ScoredAnswer:
    """What an answer is worth by the judge's reply."""
    points = rating(reply) or 0
    return ScoredAnswer(
        key=Key("", key),
        asked=Asked(picture, "", ""),
        groups=in_groups((kind,)),
        terms={"rating": Term(points, 1), "hallucinated": Term(points < HALLUCINATED, 1)},
        text=text,
    )


def rating(reply: str) -> int | None:
    """The rating that a reply names, if it names only one."""
    found = set(_RATING.findall(reply.lower()))
    return int(found.pop()) if len(found) == 1 else None


def _reply(row: Item) -> str:
    choices = row.values.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        if isinstance(message, dict) and isinstance(message.get("content"), str):
            return str(message["content"])
        raise row.fault(f"has no text in its first choice: {FORM}")
    return row.text("content")


def open_mmhal(config: AskMmhalConfig) -> OpenBenchmark:
    """MMHal-Bench as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "test_data/images", "."), RELEASE)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _rows(str(root / FILE))):
            yield Candidate(
                id=row.key("id", ROW),
                image=data.picture(row, lambda row: row.text("image_src").rpartition("/")[2]),
                question=framed(BARE, row.text("question")),
                answer=row.text("gt_answer"),
                source=row.text("question_type"),
                facts={"picture": row.key("image_id", ROW), "question": row.text("question")},
            )

    return OpenBenchmark(frame=BARE, questions=questions, pictures=data, write=write, score=for_a_judge)


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """One list in the official order, with the field that eval_gpt4.py reads answers from."""
    rows = [
        {"question_id": one.asked.id, "question": one.fact("question"), "model_answer": one.text, "text": one.text}
        for one in predictions
    ]
    write_document(folder / "predictions.json", rows)


def _rows(path: str) -> Iterator[Item]:
    """The questions; they have no ids, so their place is one."""
    return (Item(item.where, {**item.values, "id": str(place)}) for place, item in enumerate(items(path, RELEASE)))


BENCHMARK = Benchmark(
    title="MMHal-Bench",
    column="MMHal",
    what="a judge's recorded ratings",
    score=Way(ScoreMmhalConfig, score_files),
    ask=Way(AskMmhalConfig, open_mmhal),
    measures=lambda _: MEASURES,
)
