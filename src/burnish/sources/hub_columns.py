"""Finds out which columns of a `datasets` table hold picture, question and answer, or says why that is not clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from burnish.errors import SourceError
from burnish.sources.conversation import FORMS, NAMES

if TYPE_CHECKING:
    from datasets import Features

QUESTION_NAMES = ("question", "query", "prompt", "instruction", "sentence", "text")
ANSWER_NAMES = ("answer", "answers", "label", "labels", "ground_truth", "groundtruth", "multiple_choice_answer")
REPLY_NAMES = ("response", "completion", "output")
"""Of answers, where none of the others is there."""
PICTURE_NAMES = ("image", "images", "picture", "pictures", "img", "image_path", "file_name", "image_base64")
"""Of columns of bytes or texts that hold pictures; a column of pictures has them by its type."""
PICTURE_ID_NAMES = ("image_id", "img_id")


class HubColumns(NamedTuple):
    """Column names by role; "" where the table has none."""

    image: str
    question: str
    answer: str
    source: str
    picture_id: str
    id: str
    talks: bool
    """Whether questions are a column of conversations."""
    labels: Sequence[str]
    """The names behind the numbers of an answer column of class labels."""

    @property
    def texts(self) -> list[str]:
        """The columns to read for candidates."""
        return [name for name in (self.question, self.answer, self.source, self.id, self.picture_id) if name]


def choose_columns(features: Features, named: Mapping[str, str], asks: Sequence[str], where: str) -> HubColumns:
    """The columns by role: `named` by the user, else found by type (pictures, conversations) or by the usual names.

    Raises SourceError that names the columns when a role fits none or several.
    """
    from datasets import ClassLabel, Value

    have = f"its columns are {', '.join(features)}"
    for role, name in named.items():
        if name not in features and not (role == "answer" and name == "none"):
            raise SourceError(f"{where} has no column {name!r} for #{role}=: {have}.")
    pictures = [named["image"]] if "image" in named else _pictures(features)
    questions = [] if asks else [named["question"]] if "question" in named else _questions(features)
    answers = [named["answer"]] if "answer" in named else _answers(features)
    if not pictures:
        raise SourceError(f"{where} has no column of pictures: {have}; name one with #image=.")
    if not _may_hold_pictures(features[pictures[0]]):
        raise SourceError(
            f"{where} has no pictures in its column {pictures[0]!r}, but {features[pictures[0]]}: {have}."
        )
    if not questions and not asks:
        raise SourceError(f"{where} has no column of questions: {have}; name one with #question= or give #ask=TEXT.")
    for role, fitting in (("image", pictures), ("question", questions), ("answer", answers)):
        if len(fitting) > 1:
            raise SourceError(f"{where} has several columns for {role}, {', '.join(fitting)}: choose with #{role}=.")
    answer = answers[0] if answers and answers != ["none"] else ""
    return HubColumns(
        image=pictures[0],
        question=questions[0] if questions else "",
        answer=answer,
        source=named.get("source", ""),
        picture_id=next((name for name in PICTURE_ID_NAMES if isinstance(features.get(name), Value)), ""),
        id=named.get("id", ""),
        talks=bool(questions) and _is_conversation(features[questions[0]]),
        labels=features[answer].names if answer and isinstance(features[answer], ClassLabel) else (),
    )


def undecoded(feature: Any) -> Any:
    """The type whose pictures stay as they are stored; None where they do anyway."""
    from datasets import Image, List

    if isinstance(feature, Image):
        return Image(decode=False)
    return List(Image(decode=False)) if isinstance(_item(feature), Image) else None


def _pictures(features: Features) -> list[str]:
    typed = [name for name in features if _is_picture(features[name]) or _is_picture(_item(features[name]))]
    return typed or [name for name in PICTURE_NAMES if name in features and _may_hold_pictures(features[name])][:1]


def _questions(features: Features) -> list[str]:
    """Columns of texts, else of conversations."""
    texts = [name for name in _usual(features, QUESTION_NAMES) if not _is_conversation(features[name])]
    return texts or [name for name in NAMES if name in features and _is_conversation(features[name])][:1]


def _answers(features: Features) -> list[str]:
    return _usual(features, ANSWER_NAMES) or [name for name in REPLY_NAMES if name in features][:1]


def _usual(features: Features, names: Sequence[str]) -> list[str]:
    """The first name alone where it is there, else all of the usual ones."""
    return [names[0]] if names[0] in features else [name for name in names if name in features]


def _is_picture(feature: Any) -> bool:
    """An Image feature, or what is left of one in Parquet that was written without the library's metadata."""
    from datasets import Image

    return isinstance(feature, Image) or (isinstance(feature, dict) and {"bytes", "path"} <= feature.keys())


def _may_hold_pictures(feature: Any) -> bool:
    """Pictures themselves, bytes or texts, or a list of these."""
    from datasets import Value

    kinds = ("string", "large_string", "binary", "large_binary")
    inner = _item(feature) or feature
    return _is_picture(inner) or (isinstance(inner, Value) and inner.dtype in kinds)


def _is_conversation(feature: Any) -> bool:
    """A list of messages."""
    inner = _item(feature)
    return isinstance(inner, dict) and any({*form} <= inner.keys() for form in FORMS)


def _item(feature: Any) -> Any:
    """What a list holds; None for what is not a list."""
    from datasets import LargeList, List

    return feature.feature if isinstance(feature, List | LargeList) else None
