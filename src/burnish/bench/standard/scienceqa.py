"""ScienceQA-IMG (Lu et al., 2022): multiple choice, the questions that have a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from burnish.bench.measures import RIGHT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import ROW, open_data
from burnish.bench.standard.asking.frames import OPTION, framed, with_options
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.numbers import RATE, AnswerValue, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.errors import SourceError
from burnish.scores import AccuracyScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreScienceqaConfig:
    """Score recorded answers to ScienceQA's questions with a picture."""

    benchmark: ClassVar[str] = "scienceqa"
    problems: str
    """ScienceQA's problems.json."""
    splits: str
    """ScienceQA's pid_splits.json."""
    split: str = "test"
    """The split to score."""
    predictions: str
    """JSON lines with `question_id` and `text`; questions without a picture are skipped."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskScienceqaConfig(AskConfig):
    """Ask ScienceQA's questions with a picture."""

    benchmark = "scienceqa"
    split: str = "test"
    """The split of pid_splits.json that is asked."""
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


RELEASE = "problems.json and pid_splits.json are in data/scienceqa of github.com/lupantech/ScienceQA"
OPTIONS = "ABCDE"
_SENTENCE = re.compile(r"The answer is ([A-Z]).")
"""LLaVA's: any character may follow the letter, but one must."""


class ScienceQAQuestion(NamedTuple):
    """One question with a picture."""

    answer: str
    """The letter of the right choice."""
    subject: str


def score_files(config: ScoreScienceqaConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    problems = read_problems(config.problems)
    questions = {
        key: question_of(problem) for key, problem in with_picture(problems, config.splits, config.split).items()
    }
    texts = read_predictions(
        config.predictions, ("question_id",), ("text",), questions, source=config.problems, ignored=problems
    )
    return score(questions, texts)


def score(questions: Mapping[str, ScienceQAQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    letters = {key: reading(texts[key]) for key in questions}
    answers = [
        AnswerValue(
            key,
            letters[key] == question.answer,
            (question.subject,) if question.subject else (),
            id=key,
            truth=question.answer,
            text=texts[key],
        )
        for key, question in questions.items()
    ]
    unread = sum(not letter for letter in letters.values())
    return accuracy_scores("ScienceQA-IMG", answers, RATE, {"answers without an option": unread})


def reading(text: str) -> str:
    """The letter of an answer that is one, that begins with "X. ", or that says "The answer is X." once; else ""."""
    if len(text) == 1 and text in OPTIONS:
        return text
    if text[:1] and text[0] in OPTIONS and text[1:3] == ". ":
        return text[0]
    found = _SENTENCE.findall(text)
    return str(found[0]) if len(found) == 1 else ""


def read_problems(path: str) -> dict[str, Item]:
    """The official problems by id. Raises SourceError."""
    return dict(members(document(path, RELEASE)))


def with_picture(problems: Mapping[str, Item], splits: str, split: str) -> dict[str, Item]:
    """The problems with a picture that the file `splits` has under the name `split`. Raises SourceError."""
    names = document(splits, RELEASE)
    if split not in names.values:
        raise names.fault(f"has no split {split!r}: choose one of {', '.join(names.values)} with --split")
    asked = [str(key) for key in names.sequence(split)]
    if unknown := [key for key in asked if key not in problems]:
        raise SourceError(f"problems.json has no problem {unknown[0]}, which {splits} lists: {RELEASE}.")
    return {key: problems[key] for key in asked if problems[key].values.get("image") is not None}


def question_of(problem: Item) -> ScienceQAQuestion:
    """Its right choice. Raises SourceError."""
    place, choices = int(problem.number("answer")), problem.sequence("choices")
    if not 0 <= place < min(len(choices), len(OPTIONS)):
        raise problem.fault(f"has the answer {place} and {len(choices)} choices: it is the right one's index from 0")
    return ScienceQAQuestion(OPTIONS[place], str(problem.values.get("subject") or ""))


PICTURES = "ScienceQA's pictures come with tools/download.sh of github.com/lupantech/ScienceQA, into images"


def open_scienceqa(config: AskScienceqaConfig) -> OpenBenchmark:
    """ScienceQA-IMG as it is asked. Raises SourceError."""
    split = config.split
    data = open_data(config, (f"images/{split}", f"data/scienceqa/images/{split}", split), PICTURES)

    def official(root: Path) -> Iterator[Item]:
        problems = read_problems(str(root / "problems.json"))
        for key, item in with_picture(problems, str(root / "pid_splits.json"), split).items():
            yield Item(item.where, {**item.values, "id": key})

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            if data.has_picture(row):
                yield _question(row, data.picture(row, lambda row: f"{row.key('id')}/{row.text('image')}"))

    def left_out() -> Mapping[str, int]:
        bare = sum(not data.has_picture(row) for row in data.rows(official))
        return {"no picture": bare} if bare else {}

    return OpenBenchmark(
        frame=OPTION, questions=questions, pictures=data, write=write_answers, score=rescore, left_out=left_out
    )


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores]:
    """The scores of answers."""
    questions = {one.asked.id: ScienceQAQuestion(one.asked.answer or "", one.fact("subject")) for one in predictions}
    return score(questions, {one.asked.id: one.text for one in predictions})


def _question(row: Item, picture: str) -> Candidate:
    hint, choices = str(row.values.get("hint") or ""), [str(choice) for choice in row.sequence("choices")]
    question = with_options(row.text("question"), choices)
    truth = question_of(row)
    return Candidate(
        id=row.key("id", ROW),
        image=picture,
        question=framed(OPTION, f"Context: {hint}\n{question}" if hint else question),
        answer=truth.answer,
        source=truth.subject or "scienceqa",
        facts={"subject": truth.subject},
    )


BENCHMARK = Benchmark(
    title="ScienceQA-IMG",
    column="SQA-I",
    what="options by letter",
    score=Way(ScoreScienceqaConfig, score_files),
    ask=Way(AskScienceqaConfig, open_scienceqa),
    measures=lambda _: measures(RIGHT),
    rescore=lambda predictions, _: rescore(predictions),
)
