"""MM-Vet's questions, and the grades of its judge as the official evaluator writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.standard.files import Item, document, members
from burnish.bench.standard.predictions import check_complete
from burnish.errors import SourceError

RELEASE = "mm-vet.json is in mm-vet.zip of github.com/yuweihao/MM-Vet"
FORM = "grades are one JSON object, by question, with a list `score` of one number per run"


class MMVetQuestion(NamedTuple):
    """One question of MM-Vet."""

    picture: str
    capabilities: tuple[str, ...]
    """In alphabetical order: rec, ocr, know, gen, spat, math."""


class Grade(NamedTuple):
    """One reply of the judge."""

    score: float | None
    """0 to 1; None where the reply had no score, even when it was asked again."""
    reply: str = ""
    """The reply; of files without the judge's own words, the score."""


def read_questions(path: str) -> dict[str, MMVetQuestion]:
    """The official questions by id. Raises SourceError."""
    questions = {
        key: MMVetQuestion(item.text("imagename"), tuple(sorted({str(name) for name in item.sequence("capability")})))
        for key, item in members(document(path, RELEASE))
    }
    if not questions:
        raise SourceError(f"{path} has no question: {RELEASE}.")
    return questions


def read_grades(path: str, questions: Mapping[str, MMVetQuestion], source: str) -> dict[str, list[Grade]]:
    """The grades by question, as many for each. Raises SourceError."""
    grades: dict[str, list[Grade]] = {}
    for key, item in members(document(path, FORM)):
        if key not in questions:
            raise item.fault(f"is not a question of {source}: score it with its own questions")
        grades[key] = _grades(item)
        runs = len(next(iter(grades.values())))
        if len(grades[key]) != runs or not runs:
            raise item.fault(f"has {len(grades[key])} scores, and each question needs as many as the first ({runs})")
    check_complete(grades, questions, path, source)
    return grades


def _grades(item: Item) -> list[Grade]:
    """With the judge's own replies in `content`, a reply without a score is told apart from one that says 0."""
    replies = item.sequence("content") if "content" in item.values else []
    scores = item.sequence("score")
    return [
        _grade(_number(item, value), str(replies[i]) if i < len(replies) else None) for i, value in enumerate(scores)
    ]


def _grade(score: float | None, reply: str | None) -> Grade:
    if reply is None:
        return Grade(score, "" if score is None else f"{score:g}")
    return Grade(None if score_in(reply) is None else score, reply)


def _number(item: Item, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise item.fault(f"has the score {value!r:.40}, and that must be 0 to 1, or null for a reply without one")
    return value


def score_in(reply: str) -> float | None:
    """The score that is the reply's first word; None where that is not a number from 0 to 1."""
    try:
        score = float(reply.split(" ", maxsplit=1)[0])
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None
