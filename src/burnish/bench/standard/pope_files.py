"""POPE's files of questions and the predictions for them, matched split by split.

Every split of POPE numbers its questions from 1, so an id alone does not tell the question: predictions come in one
file a split, or in one file for all whose ids are told apart by the splits or stand in the order of the questions.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from burnish.bench.standard.files import Item, items
from burnish.bench.standard.predictions import FORM, by_id, read_predictions
from burnish.errors import SourceError

RELEASE = "POPE's questions are in output/coco of github.com/RUCAIBox/POPE"
IDS, TEXTS = ("question_id",), ("text",)


class Question(NamedTuple):
    """Whether an object is in a picture."""

    picture: str
    truth: bool
    text: str = ""
    """As it stands in the file; empty where only the prompt is known."""


Splits: TypeAlias = Mapping[str, Mapping[str, Question]]
"""The questions by id, by split."""


def read_splits(paths: Sequence[str]) -> dict[str, dict[str, Question]]:
    """The questions of each file under the name of its split. Raises SourceError."""
    names = [Path(path).stem.rpartition("pope_")[2] for path in paths]
    if len(set(names)) < len(names):
        names = [Path(path).stem for path in paths]
    if len(set(names)) < len(names):
        raise SourceError(f"--questions names {names[-1]!r} twice: give each split one file with a name of its own.")
    return {name: _read_questions(path) for name, path in zip(names, paths, strict=True)}


def _read_questions(path: str) -> dict[str, Question]:
    questions: dict[str, Question] = {}
    alike: dict[Question, Question] = {}
    for item in items(path, RELEASE):
        key, label = item.key("question_id"), item.text("label")
        if key in questions:
            raise item.fault(f"is the second question {key}: each needs an id of its own")
        if label not in ("yes", "no"):
            raise item.fault(f"has the label {label!r:.40}, and that must be yes or no")
        question = Question(sys.intern(item.text("image")), label == "yes", sys.intern(item.text("text")))
        questions[key] = alike.setdefault(question, question)  # a million need not be kept a million times
    if not questions:
        raise SourceError(f"{path} holds no question: {RELEASE}.")
    return questions


def read_pope_predictions(paths: Sequence[str], splits: Splits) -> dict[str, dict[str, str]]:
    """The predicted texts by id, by split. Raises SourceError, naming file and line."""
    if len(paths) == len(splits):
        return {
            name: read_predictions(path, IDS, TEXTS, questions, source=f"the split {name}")
            for path, (name, questions) in zip(paths, splits.items(), strict=True)
        }
    return _split_up(paths[0], splits)


def _split_up(path: str, splits: Splits) -> dict[str, dict[str, str]]:
    """One file for all splits, by ids where no two splits share one, else by the splits' order."""
    found = [(item, item.key(*IDS), item.text(*TEXTS)) for item in items(path, FORM)]
    splits_of = [name for name, questions in splits.items() for _ in questions]
    asked = [key for questions in splits.values() for key in questions]
    if len(set(asked)) == len(asked):
        texts = by_id(found, asked, path, "--questions")
        return {name: {key: texts[key] for key in questions} for name, questions in splits.items()}
    _check_order(path, found, asked, splits_of)
    texts_of: dict[str, dict[str, str]] = {name: {} for name in splits}
    for name, (_, key, text) in zip(splits_of, found, strict=True):
        texts_of[name][key] = text
    return texts_of


def _check_order(
    path: str, found: Sequence[tuple[Item, str, str]], asked: Sequence[str], splits_of: Sequence[str]
) -> None:
    mend = "give --predictions one file per split, in the order of --questions"
    for (item, key, _), expected, split in zip(found, asked, splits_of, strict=False):
        if key != expected:
            raise item.fault(
                f"is for question {key} where question {expected} of the split {split} is due, and the splits share "
                f"their ids: {mend}"
            )
    if len(found) != len(asked):
        raise SourceError(
            f"{path} has {len(found):,} predictions for the {len(asked):,} questions of all splits, and the splits "
            f"share their ids: {mend}."
        )
