"""POPE's files of questions and the predictions for them, matched split by split.

Every split of POPE numbers its questions from 1, so an id alone does not tell the question: predictions come in one
file a split, or in one file for all whose ids are told apart by the splits or stand in the order of the questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from burnish.bench.standard.files import Item, items
from burnish.bench.standard.prediction_stream import Predictions
from burnish.bench.standard.predictions import FORM, by_id, refuse_other_words
from burnish.errors import SourceError

RELEASE = "POPE's questions are in output/coco of github.com/RUCAIBox/POPE"
IDS, TEXTS = ("question_id",), ("text",)


class PopeQuestion(NamedTuple):
    """Whether an object is in a picture."""

    picture: str
    truth: bool
    text: str = ""
    """As it stands in the file; empty where only the prompt is known."""


Splits: TypeAlias = Mapping[str, Mapping[str, PopeQuestion]]
"""The questions by id, by split."""
PopeAnswers: TypeAlias = Iterator[tuple[str, PopeQuestion, str]]
"""Ids, questions, and what was said."""


class RecordedSplit(NamedTuple):
    """The answers to one split's questions."""

    each: Callable[[], PopeAnswers]
    """In the order of the questions, as often as they are asked for."""
    texts: Iterable[str]


def read_recorded(questions: Sequence[str], predictions: Sequence[str]) -> dict[str, RecordedSplit]:
    """The questions of each file with their predictions, under the name of its split. Raises SourceError."""
    names = _names(questions)
    if len(predictions) == len(questions):
        streams = {name: Predictions(path, IDS, TEXTS) for name, path in zip(names, predictions, strict=True)}
        return {
            name: RecordedSplit(partial(_beside, path, streams[name], name), streams[name])
            for name, path in names.items()
        }
    splits = {name: _read_questions(path) for name, path in names.items()}
    return recorded(splits, _split_up(predictions[0], splits))


def recorded(splits: Splits, texts: Mapping[str, Mapping[str, str]]) -> dict[str, RecordedSplit]:
    """Questions and texts that are in memory."""

    def each(name: str) -> PopeAnswers:
        return ((key, question, texts[name][key]) for key, question in splits[name].items())

    return {name: RecordedSplit(partial(each, name), texts[name].values()) for name in splits}


def _beside(path: str, streams: Predictions, name: str) -> PopeAnswers:
    alike: dict[str, str] = {}
    for key, item, text in streams.beside(items(path, RELEASE), f"the split {name}", "text"):
        yield key, _question(item, alike), text


def _names(paths: Sequence[str]) -> dict[str, str]:
    """Each file by the name of its split."""
    names = [Path(path).stem.rpartition("pope_")[2] for path in paths]
    if len(set(names)) < len(names):
        names = [Path(path).stem for path in paths]
    if len(set(names)) < len(names):
        raise SourceError(f"--questions names {names[-1]!r} twice: give each split one file with a name of its own.")
    return dict(zip(names, paths, strict=True))


def _question(item: Item, alike: dict[str, str]) -> PopeQuestion:
    """Texts that are `alike` are kept once."""
    label = item.text("label")
    if label not in ("yes", "no"):
        raise item.fault(f"has the label {label!r:.40}, and that must be yes or no")
    image = item.text("image")
    return PopeQuestion(alike.setdefault(image, image), label == "yes", item.text("text"))


def _read_questions(path: str) -> dict[str, PopeQuestion]:
    questions: dict[str, PopeQuestion] = {}
    alike: dict[str, str] = {}
    for item in items(path, RELEASE):
        key = item.key("question_id")
        if key in questions:
            raise item.fault(f"is the second question {key}: each needs an id of its own")
        questions[key] = _question(item, alike)
    if not questions:
        raise SourceError(f"{path} holds no question: {RELEASE}.")
    return questions


def _split_up(path: str, splits: Splits) -> dict[str, dict[str, str]]:
    """One file for all splits, by ids where no two splits share one, else by the splits' order."""
    found = [(item, item.key(*IDS), item.text(*TEXTS)) for item in items(path, FORM)]
    splits_of = [name for name, questions in splits.items() for _ in questions]
    asked = [key for questions in splits.values() for key in questions]
    if len(set(asked)) == len(asked):
        texts = by_id(found, asked, path, "--questions")
        every = {key: question.text for questions in splits.values() for key, question in questions.items()}
        for item, key, _ in found:
            refuse_other_words(item, key, every[key], "--questions")
        return {name: {key: texts[key] for key in questions} for name, questions in splits.items()}
    _check_order(path, found, asked, splits_of)
    texts_of: dict[str, dict[str, str]] = {name: {} for name in splits}
    for name, (item, key, text) in zip(splits_of, found, strict=True):
        refuse_other_words(item, key, splits[name][key].text, f"the split {name}")
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
