"""ScienceQA's questions that have a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.bench.standard import scienceqa
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskScienceqaConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import OPTION, framed, with_options
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.files import Item
from burnish.bench.standard.numbers import Scored
from burnish.scores import AccuracyScores
from burnish.sources import Candidate

PICTURES = "ScienceQA's pictures come with tools/download.sh of github.com/lupantech/ScienceQA, into images"


def open_scienceqa(config: AskScienceqaConfig) -> Benchmark:
    """ScienceQA-IMG as it is asked. Raises SourceError."""
    split = config.split
    data = open_data(config, (f"images/{split}", f"data/scienceqa/images/{split}", split), PICTURES)

    def official(root: Path) -> Iterator[Item]:
        problems = scienceqa.read_problems(str(root / "problems.json"))
        for key, item in scienceqa.with_picture(problems, str(root / "pid_splits.json"), split).items():
            yield Item(item.where, {**item.values, "id": key})

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield _question(row, data.picture(row, lambda row: f"{row.key('id')}/{row.text('image')}"))

    return Benchmark(frame=OPTION, questions=questions, pictures=data, write=write_answers, score=score)


def score(said: Sequence[Said]) -> Scored[AccuracyScores]:
    """The scores of answers."""
    questions = {one.asked.id: scienceqa.Question(one.asked.answer or "", one.fact("subject")) for one in said}
    return scienceqa.score(questions, {one.asked.id: one.text for one in said})


def _question(row: Item, picture: str) -> Candidate:
    hint, choices = str(row.values.get("hint") or ""), [str(choice) for choice in row.sequence("choices")]
    question = with_options(row.text("question"), choices)
    truth = scienceqa.question_of(row)
    return Candidate(
        id=row.key("id", ROW),
        image=picture,
        question=framed(OPTION, f"Context: {hint}\n{question}" if hint else question),
        answer=truth.answer,
        source=truth.subject or "scienceqa",
        facts={"subject": truth.subject},
    )
