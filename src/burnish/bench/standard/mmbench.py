"""MMBench (Liu et al., 2023), English and Chinese: a question is right if it is right in every rotation of its options.

Which option an answer means is found by VLMEvalKit's rules alone (its exact mode); an answer in which they find none
is wrong, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from burnish.bench.measures import RIGHT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark, PictureSource
from burnish.bench.standard.asking.cells import read_picture_table
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import HUB, ROW, HubTable
from burnish.bench.standard.asking.frames import OPTION, OPTION_CN, framed, with_options
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, table
from burnish.bench.standard.mmbench_files import (
    OPTIONS,
    RELEASE,
    ROTATION,
    MMBenchQuestion,
    index_of,
    question_of,
    read_questions,
)
from burnish.bench.standard.numbers import RATE, AnswerValue, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.bench.standard.submit import SUBMITTED, Submission
from burnish.errors import ConfigError, SourceError
from burnish.scores import AccuracyScores
from burnish.sources import Candidate
from burnish.store.xlsx import write_sheet


@dataclass(frozen=True, kw_only=True)
class ScoreMmbenchConfig:
    """Score recorded answers to MMBench or MMBench-CN: each question right in every rotation of its options."""

    benchmark: ClassVar[str] = "mmbench"
    questions: str
    """MMBench's table with answers (a dev set), tab-separated, one row per rotation."""
    predictions: str
    """JSON lines with `question_id` (the table's index) and `text`."""
    json: str | None = None
    """Also write the scores to this file."""


DevOrTest: TypeAlias = Literal["dev", "test"]
Language: TypeAlias = Literal["en", "cn"]


@dataclass(frozen=True, kw_only=True)
class AskMmbenchConfig(AskConfig):
    """Ask MMBench's questions, each rotation of the options that its table has; dev is scored, test is submitted."""

    benchmark = "mmbench"
    language: Language = "en"
    """English, or Chinese (MMBench-CN)."""
    split: DevOrTest = "dev"
    """Which table is asked."""
    max_new_tokens: int = 1024
    """Longest answer, in tokens."""


@dataclass(frozen=True, kw_only=True)
class SubmitMmbenchConfig:
    """Write recorded answers to MMBench's questions for its server."""

    benchmark: ClassVar[str] = "mmbench"
    questions: str
    """MMBench's table, tab-separated, such as mmbench_test_20230712.tsv."""
    predictions: str
    """JSON lines with `question_id` (the table's index) and `text`."""
    out: str
    """The Excel workbook that is written; its name ends in .xlsx."""

    def __post_init__(self) -> None:
        if not self.out.endswith(".xlsx"):
            raise ConfigError(f"--out must end in .xlsx, which MMBench's server takes, not {self.out}.")


FIRST = ("index", "question", "A", "B", "C", "D", "E")
NOT_SUBMITTED = frozenset(("hint", "category", "source", "image", "comment", "l2-category"))
"""Columns of the table that LLaVA's submission drops."""
_MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
BETWEEN = " | "
"""Between the answers to the rotations of a question."""
_LAST_WORDS = 4
"""A letter before the last words of an answer may be the article A, or begin a sentence."""


def score_files(config: ScoreMmbenchConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and line."""
    questions = read_questions(config.questions)
    asked = {str(question.number) for question in questions}
    texts = read_predictions(
        config.predictions, ("question_id", "index"), ("text", "prediction"), asked, source=config.questions
    )
    return score(questions, texts)


def score(questions: Sequence[MMBenchQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by index."""
    letters = {question.number: reading(texts[str(question.number)], question.options) for question in questions}
    by_base = groupby(sorted(questions, key=_place), key=lambda question: question.number % ROTATION)
    rotations = [list(group) for _, group in by_base]
    answers = [
        AnswerValue(
            group[0].picture,
            all(letters[q.number] == q.answer for q in group),
            group[0].groups,
            id=str(group[0].number % ROTATION),
            truth=BETWEEN.join(q.answer for q in group),
            text=BETWEEN.join(texts[str(q.number)] for q in group),
        )
        for group in rotations
    ]
    counts = {
        "answers without an option": sum(not letter for letter in letters.values()),
        "questions in one rotation only": sum(len(group) == 1 for group in rotations),
    }
    return accuracy_scores("MMBench", answers, RATE, counts)._replace(recorded=list(texts.values()))


def reading(text: str, options: Mapping[str, str]) -> str:
    """The letter of the option that an answer means, by its letter or else by its text; "" where neither tells."""
    if not text.strip():
        return ""
    words = text.translate(_MARKS).split()
    letters = [letter for letter in options if letter in words]
    if len(letters) == 1 and words.index(letters[0]) >= len(words) - _LAST_WORDS:
        return letters[0]
    named = [letter for letter, option in options.items() if option.lower() in text.lower()]
    return named[0] if len(named) == 1 else ""


def _place(question: MMBenchQuestion) -> tuple[int, int]:
    return question.number % ROTATION, question.number


FRAMES = {"en": OPTION, "cn": OPTION_CN}
NAMES = {
    ("en", "dev"): ("mmbench_dev_20230712.tsv", "mmbench_dev_en_20231003.tsv", "MMBench_DEV_EN.tsv"),
    ("en", "test"): ("mmbench_test_20230712.tsv", "mmbench_test_en_20231003.tsv", "MMBench_TEST_EN.tsv"),
    ("cn", "dev"): ("mmbench_dev_cn_20231003.tsv", "MMBench_DEV_CN.tsv"),
    ("cn", "test"): ("mmbench_test_cn_20231003.tsv", "MMBench_TEST_CN.tsv"),
}
"""What the releases call the tables."""
NO_TEXT = frozenset(("", "nan", "none"))
"""Cells that LLaVA's evaluation takes for empty ones."""
RotationRows: TypeAlias = Callable[[], Iterator[tuple[Item, str]]]
"""Each row with the name of its picture."""


def open_mmbench(config: AskMmbenchConfig) -> OpenBenchmark:
    """MMBench as it is asked. Raises SourceError."""
    frame = FRAMES[config.language]
    rows, pictures = _from_hub(config.data) if config.data.startswith(f"{HUB}:") else _from_table(config)

    def questions() -> Iterator[Candidate]:
        for row, picture in rows():
            yield _question(row, picture, frame)

    return OpenBenchmark(
        frame=frame,
        questions=questions,
        pictures=pictures,
        write=write_answers,
        score=rescore,
        unit=lambda asked: base_of(asked.id),
    )


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores] | None:
    """The scores of answers; None for a test set, whose truth is its server's."""
    if any(one.asked.answer is None for one in predictions):
        return None
    return score([_truth(one.asked) for one in predictions], {one.asked.id: one.text for one in predictions})


def base_of(key: str) -> str:
    """The question that a rotation is of, by their numbers in the table."""
    return str(int(key) % ROTATION)


def _from_hub(data: str) -> tuple[RotationRows, PictureSource]:
    hub = HubTable.open(data)
    return lambda: ((row, row.key(ROW)) for row in hub), hub


def _from_table(config: AskMmbenchConfig) -> tuple[RotationRows, PictureSource]:
    rows, pictures = read_picture_table(str(_file(config)), RELEASE)
    return lambda: iter(rows), pictures


def _file(config: AskMmbenchConfig) -> Path:
    names = NAMES[config.language, config.split]
    root = Path(config.data)
    found = [root / name for name in names if (root / name).is_file()]
    if not found:
        raise SourceError(f"{root} has none of {', '.join(names)}: {RELEASE}.")
    return found[0]


def _question(row: Item, picture: str, frame: str) -> Candidate:
    hint = str(row.values.get("hint", ""))
    question = row.text("question") if hint.lower() in NO_TEXT else f"{hint}\n{row.text('question')}"
    truth = question_of(row) if "answer" in row.values else None
    return Candidate(
        id=str(index_of(row)),
        image=picture,
        question=framed(frame, with_options(question, _options(row))),
        answer=truth.answer if truth else None,
        source=truth.groups[0] if truth and truth.groups else "mmbench",
        facts={"question": question, **({"options": dict(truth.options), "groups": [*truth.groups]} if truth else {})},
    )


def _options(row: Item) -> list[str]:
    """Up to the first that is no text: tables fill the cells that a question does not need in several ways."""
    options: list[str] = []
    for letter in OPTIONS:
        option = str(row.values.get(letter, ""))
        if option.lower() in NO_TEXT:
            break
        options.append(option)
    return options


def _truth(asked: Candidate) -> MMBenchQuestion:
    options, groups = asked.facts["options"], asked.facts["groups"]
    return MMBenchQuestion(
        number=int(asked.id),
        picture=asked.image,
        answer=asked.answer or "",
        options={letter: str(text) for letter, text in options.items()} if isinstance(options, dict) else {},
        groups=tuple(map(str, groups)) if isinstance(groups, list) else (),
    )


def submit(config: SubmitMmbenchConfig) -> Submission:
    """Write MMBench's table with a column `prediction`, as a workbook. Raises SourceError for files that do not fit."""
    asked = {item.text("index"): item.values for item in table(config.questions, RELEASE)}
    texts = read_predictions(config.predictions, ("question_id", "index"), SUBMITTED, asked, source=config.questions)
    there = dict.fromkeys(name for row in asked.values() for name in row if name not in NOT_SUBMITTED)
    first = [name for name in FIRST if name in there]
    columns = [*first, "prediction", *(name for name in there if name not in first)]
    rows = [[_cell({**row, "prediction": texts[key]}.get(name)) for name in columns] for key, row in asked.items()]
    write_sheet(Path(config.out), [columns, *rows])
    return Submission(config.out, len(rows), 0)


def _cell(value: object) -> str | int | None:
    """Whole numbers as such, so that the index is one; an empty cell for nothing."""
    text = None if value is None else str(value)
    return int(text) if text and text.isdecimal() and str(int(text)) == text else text


BENCHMARK = Benchmark(
    title="MMBench",
    column="MMB",
    what="right in every rotation, en and cn",
    score=Way(ScoreMmbenchConfig, score_files),
    ask=Way(AskMmbenchConfig, open_mmbench),
    submit=Way(SubmitMmbenchConfig, submit),
    measures=lambda _: measures(RIGHT),
    rescore=lambda predictions, _: rescore(predictions),
    unit=base_of,
    place=base_of,
)
