"""SEED-Bench's questions about pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.bench.standard import seed
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskSeedConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import LETTERS, OPTION, framed, with_options
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.files import Item, document, listed
from burnish.bench.standard.numbers import Scored
from burnish.scores import AccuracyScores
from burnish.sources import Candidate

FILE = "SEED-Bench.json"
PICTURES = "SEED-Bench's pictures are in SEED-Bench-image.zip of huggingface.co/datasets/AILab-CVC/SEED-Bench"


def open_seed(config: AskSeedConfig) -> Benchmark:
    """SEED-Image as it is asked. Raises SourceError."""
    data = open_data(config, ("SEED-Bench-image", "."), PICTURES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(_official):
            if row.text("data_type") == "image":
                yield _question(row, data.picture(row, lambda row: row.text("data_id")))

    return Benchmark(frame=OPTION, questions=questions, pictures=data, write=write_answers, score=score)


def score(said: Sequence[Said]) -> Scored[AccuracyScores]:
    """The scores of answers."""
    questions = {
        one.asked.id: seed.Question(one.fact("picture"), one.asked.answer or "", one.fact("kind")) for one in said
    }
    return seed.score(questions, {one.asked.id: one.text for one in said})


def _official(root: Path) -> Iterator[Item]:
    whole = document(str(root / FILE), seed.RELEASE)
    names = seed.kind_names(whole)
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
