"""`burnish submit`: files for the servers that score the test sets of VQAv2, VizWiz and MMBench."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from burnish.bench.standard.configs import SubmitMmbenchConfig, SubmitVizwizConfig, SubmitVqav2Config
from burnish.bench.standard.files import document, items, listed, table
from burnish.bench.standard.predictions import FORM, by_id, read_predictions
from burnish.bench.standard.vqa_text import evalai
from burnish.store.xlsx import write_sheet

VQAV2 = "v2_OpenEnded_mscoco_test2015_questions.json is on visualqa.org/download.html"
VIZWIZ = "test.json is in Annotations.zip of vizwiz.org/tasks-and-datasets/vqa"
MMBENCH = "MMBench's tables, such as mmbench_test_20230712.tsv, are linked from github.com/open-compass/MMBench"
TEXTS = ("text", "answer", "prediction")
FIRST = ("index", "question", "A", "B", "C", "D", "E")
NOT_SUBMITTED = frozenset(("hint", "category", "source", "image", "comment", "l2-category"))
"""Columns of MMBench's table that LLaVA's submission drops."""


class Submission(NamedTuple):
    """What was written."""

    path: str
    answers: int
    empty: int
    """Of these, questions without a prediction."""


def submit_vqav2(config: SubmitVqav2Config) -> Submission:
    """Write [{"question_id", "answer"}] with answers in EvalAI's form. Raises SourceError for files that do not fit."""
    asked = {
        item.key("question_id"): item.values["question_id"]
        for item in listed(document(config.questions, VQAV2), "questions")
    }
    found = [(item, item.key("question_id"), item.text(*TEXTS)) for item in items(config.predictions, FORM)]
    given = {key for _, key, _ in found}
    empty = {key for key in asked if key not in given} if config.missing == "empty" else set()
    needed = {key: number for key, number in asked.items() if key not in empty}
    texts = by_id(found, needed, config.predictions, config.questions)
    return _write_json(
        config.out,
        [{"question_id": number, "answer": evalai(texts.get(key, ""))} for key, number in asked.items()],
        len(empty),
    )


def submit_vizwiz(config: SubmitVizwizConfig) -> Submission:
    """Write [{"image", "answer"}] with answers in EvalAI's form. Raises SourceError for files that do not fit."""
    asked = dict.fromkeys(item.text("image") for item in items(config.questions, VIZWIZ))
    texts = read_predictions(config.predictions, ("image", "question_id"), TEXTS, asked, source=config.questions)
    return _write_json(config.out, [{"image": name, "answer": evalai(texts[name])} for name in asked])


def submit_mmbench(config: SubmitMmbenchConfig) -> Submission:
    """Write MMBench's table with a column `prediction`, as a workbook. Raises SourceError for files that do not fit."""
    asked = {item.text("index"): item.values for item in table(config.questions, MMBENCH)}
    texts = read_predictions(config.predictions, ("question_id", "index"), TEXTS, asked, source=config.questions)
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


def _write_json(path: str, rows: Sequence[Mapping[str, object]], empty: int = 0) -> Submission:
    Path(path).write_text(json.dumps(rows, ensure_ascii=False) + "\n", encoding="utf-8")
    return Submission(path, len(rows), empty)
