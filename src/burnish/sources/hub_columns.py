"""Finds out which columns of a `datasets` table hold picture, question and answer, or says why that is not clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from burnish.errors import SourceError

if TYPE_CHECKING:
    from datasets import Features

QUESTION_NAMES = ("question", "query", "prompt", "instruction", "sentence", "text")
ANSWER_NAMES = ("answer", "answers", "label", "labels", "ground_truth", "groundtruth", "multiple_choice_answer")
PICTURE_ID_NAMES = ("image_id", "img_id")


class HubColumns(NamedTuple):
    """Column names by role; "" where the table has none."""

    image: str
    question: str
    answer: str
    source: str
    picture_id: str
    labels: Sequence[str]
    """The names behind the numbers of an answer column of class labels."""

    @property
    def texts(self) -> list[str]:
        """The columns to read for candidates."""
        return [name for name in (self.question, self.answer, self.source, self.picture_id) if name]


def choose_columns(features: Features, named: Mapping[str, str], ask: str | None, where: str) -> HubColumns:
    """The columns by role: `named` by the user, else found by type (picture) or by the usual names.

    Raises SourceError that names the columns when a role fits none or several.
    """
    from datasets import ClassLabel, Value

    have = f"its columns are {', '.join(features)}"
    for role, name in named.items():
        if name not in features and not (role == "answer" and name == "none"):
            raise SourceError(f"{where} has no column {name!r} for #{role}=: {have}.")
    pictures = [named["image"]] if "image" in named else [name for name in features if _is_picture(features[name])]
    questions = [named["question"]] if "question" in named else _usual(features, QUESTION_NAMES)
    answers = [named["answer"]] if "answer" in named else _usual(features, ANSWER_NAMES)
    if not pictures or not _is_picture(features[pictures[0]]):
        raise SourceError(f"{where} has no column of pictures: {have}.")
    if not questions and not ask:
        raise SourceError(f"{where} has no column of questions: {have}; name one with #question= or give #ask=TEXT.")
    for role, fitting in (("image", pictures), ("question", [] if ask else questions), ("answer", answers)):
        if len(fitting) > 1:
            raise SourceError(f"{where} has several columns for {role}, {', '.join(fitting)}: choose with #{role}=.")
    answer = answers[0] if answers and answers != ["none"] else ""
    return HubColumns(
        image=pictures[0],
        question="" if ask else questions[0],
        answer=answer,
        source=named.get("source", ""),
        picture_id=next((name for name in PICTURE_ID_NAMES if isinstance(features.get(name), Value)), ""),
        labels=features[answer].names if answer and isinstance(features[answer], ClassLabel) else (),
    )


def _usual(features: Features, names: Sequence[str]) -> list[str]:
    """The first name alone where it is there, else all of the usual ones."""
    return [names[0]] if names[0] in features else [name for name in names if name in features]


def _is_picture(feature: Any) -> bool:
    """An Image feature, or what is left of one in Parquet that was written without the library's metadata."""
    from datasets import Image

    return isinstance(feature, Image) or (isinstance(feature, dict) and {"bytes", "path"} <= feature.keys())
