"""MMBench's table of questions, English or Chinese, with its pictures in its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from burnish.bench.standard import mmbench
from burnish.bench.standard.asking.base import Benchmark, Pictures, Said
from burnish.bench.standard.asking.cells import PICTURE, CellPictures
from burnish.bench.standard.asking.configs import AskMmbenchConfig
from burnish.bench.standard.asking.data import HUB, ROW, HubTable
from burnish.bench.standard.asking.frames import OPTION, OPTION_CN, framed, with_options
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.files import Item, table
from burnish.bench.standard.mmbench_files import OPTIONS, RELEASE, ROTATION, Question, index_of, question_of
from burnish.bench.standard.numbers import Scored
from burnish.errors import SourceError
from burnish.scores import AccuracyScores
from burnish.sources import Candidate

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
Rows: TypeAlias = Callable[[], Iterator[tuple[Item, str]]]
"""Each row with the name of its picture."""


def open_mmbench(config: AskMmbenchConfig) -> Benchmark:
    """MMBench as it is asked. Raises SourceError."""
    frame = FRAMES[config.language]
    rows, pictures = _from_hub(config.data) if config.data.startswith(f"{HUB}:") else _from_table(config)

    def questions() -> Iterator[Candidate]:
        for row, picture in rows():
            yield _question(row, picture, frame)

    return Benchmark(
        frame=frame,
        questions=questions,
        pictures=pictures,
        write=write_answers,
        score=score,
        unit=lambda asked: str(int(asked.id) % ROTATION),
    )


def score(said: Sequence[Said]) -> Scored[AccuracyScores] | None:
    """The scores of answers; None for a test set, whose truth is its server's."""
    if any(one.asked.answer is None for one in said):
        return None
    return mmbench.score([_truth(one.asked) for one in said], {one.asked.id: one.text for one in said})


def _from_hub(data: str) -> tuple[Rows, Pictures]:
    hub = HubTable.open(data)
    return lambda: ((row, row.key(ROW)) for row in hub), hub


def _from_table(config: AskMmbenchConfig) -> tuple[Rows, Pictures]:
    """The rows without their pictures, which a row has itself or names by the index of another row."""
    path = str(_file(config))
    pictures = CellPictures()
    rows: list[Item] = []
    named: dict[int, str] = {}
    for row in table(path, RELEASE):
        cell = row.text(PICTURE)
        if not (cell.isdecimal() and int(cell) in named):
            named[index_of(row)] = pictures.add(row)
        else:
            named[index_of(row)] = named[int(cell)]
        rows.append(Item(row.where, {name: value for name, value in row.values.items() if name != PICTURE}))
    return lambda: ((row, named[index_of(row)]) for row in rows), pictures


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


def _truth(asked: Candidate) -> Question:
    options, groups = asked.facts["options"], asked.facts["groups"]
    return Question(
        number=int(asked.id),
        picture=asked.image,
        answer=asked.answer or "",
        options={letter: str(text) for letter, text in options.items()} if isinstance(options, dict) else {},
        groups=tuple(map(str, groups)) if isinstance(groups, list) else (),
    )
