"""GQA's balanced testdev questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.bench.standard import gqa
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskGqaConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT, framed
from burnish.bench.standard.asking.written import PREDICTIONS, write_lines
from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.numbers import Scored
from burnish.scores import AccuracyScores
from burnish.sources import Candidate

FILE = "testdev_balanced_questions.json"
PICTURES = "GQA's pictures are in images.zip of cs.stanford.edu/people/dorarad/gqa/download.html"


def open_gqa(config: AskGqaConfig) -> Benchmark:
    """GQA as it is asked. Raises SourceError."""
    data = open_data(config, ("images", "."), PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(_official):
            yield _question(row, data.picture(row, lambda row: f"{row.key('imageId')}.jpg"))

    return Benchmark(frame=SHORT, questions=questions, pictures=data, write=write, score=score)


def score(said: Sequence[Said]) -> Scored[AccuracyScores]:
    """The scores of answers."""
    questions = {
        one.asked.id: gqa.Question(one.fact("picture"), one.asked.answer or "", one.fact("kind")) for one in said
    }
    return gqa.score(questions, {one.asked.id: one.text for one in said})


def write(said: Sequence[Said], folder: Path) -> None:
    """Lines of the official evaluation's objects."""
    rows = ({"questionId": one.asked.id, "prediction": gqa.reading(one.text)} for one in said)
    write_lines(folder / PREDICTIONS, rows)


def _official(root: Path) -> Iterator[Item]:
    for key, item in members(document(str(root / FILE), gqa.RELEASE)):
        yield Item(item.where, {**item.values, "id": key})


def _question(row: Item, picture: str) -> Candidate:
    return Candidate(
        id=row.key("id"),
        image=picture,
        question=framed(SHORT, row.text("question")),
        answer=row.text("answer"),
        source="gqa",
        facts={"picture": row.key("imageId"), "kind": gqa.kind_of(row)},
    )
