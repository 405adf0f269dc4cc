"""MMBench's table of questions, with the pictures as text in its cells."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.standard.files import Item, table
from burnish.errors import SourceError

RELEASE = "MMBench's tables, such as mmbench_dev_20230712.tsv, are linked from github.com/open-compass/MMBench"
OPTIONS = "ABCDE"
ROTATION = 1_000_000
"""Added to a question's index for each further rotation of its options."""


class MMBenchQuestion(NamedTuple):
    """One rotation of one question."""

    number: int
    """The table's index."""
    picture: str
    answer: str
    options: Mapping[str, str]
    """Their texts by letter."""
    groups: tuple[str, ...]
    """Its category and the wider one."""


def read_questions(path: str) -> list[MMBenchQuestion]:
    """The questions of a table with answers. Raises SourceError, naming file and line."""
    questions: dict[int, MMBenchQuestion] = {}
    for row in table(path, RELEASE):
        question = question_of(row)
        if question.number in questions:
            raise row.fault(f"is the second row with the index {question.number}: each needs an index of its own")
        questions[question.number] = question
    if not questions:
        raise SourceError(f"{path} has no row below its header: {RELEASE}.")
    return [question._replace(picture=_picture(question, questions)) for question in questions.values()]


def question_of(row: Item) -> MMBenchQuestion:
    """A row with an answer, its picture as the cell has it. Raises SourceError."""
    if "answer" not in row.values:
        raise row.fault(
            "has no `answer`: a test set is scored by MMBench's server, for which `burnish submit mmbench` writes"
        )
    options = {letter: row.text(letter) for letter in OPTIONS if letter in row.values}
    groups = tuple(str(row.values[name]) for name in ("category", "l2-category") if name in row.values)
    return MMBenchQuestion(index_of(row), str(row.values.get("image", "")), row.text("answer"), options, groups)


def index_of(row: Item) -> int:
    """The table's index. Raises SourceError."""
    index = row.key("index")
    if not index.isdecimal():
        raise row.fault(f"has the index {index!r:.40}, and that must be a whole number")
    return int(index)


def _picture(question: MMBenchQuestion, questions: Mapping[int, MMBenchQuestion]) -> str:
    """The picture's name: a cell holds a picture, the index of a row that has it, or nothing."""
    cell = question.picture
    if cell.isdecimal() and int(cell) in questions:
        cell = questions[int(cell)].picture
    return hashlib.sha256(cell.encode()).hexdigest() if cell else str(question.number % ROTATION)
