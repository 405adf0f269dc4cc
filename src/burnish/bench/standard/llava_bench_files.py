"""LLaVA-Bench's questions, and the points in a judge's review of two answers."""

from __future__ import annotations

import math
from typing import NamedTuple

from burnish.bench.standard.files import items

RELEASE = "LLaVA-Bench's questions.jsonl is in huggingface.co/datasets/liuhaotian/llava-bench-in-the-wild"


class LlavaBenchQuestion(NamedTuple):
    """One question of LLaVA-Bench."""

    picture: str
    category: str
    """conv, detail or complex."""


class Points(NamedTuple):
    """What the judge gave, 1 to 10."""

    reference: float
    model: float


def read_questions(path: str) -> dict[str, LlavaBenchQuestion]:
    """The official questions by id. Raises SourceError."""
    return {
        item.key("question_id"): LlavaBenchQuestion(item.text("image"), item.text("category"))
        for item in items(path, RELEASE)
    }


def reading(review: str) -> Points | None:
    """The two numbers that are the review's first line, with a comma or spaces between; None for any other line."""
    try:
        points = [float(word) for word in review.partition("\n")[0].replace(",", " ").split()]
    except ValueError:
        return None
    return Points(*points) if len(points) == 2 and all(map(math.isfinite, points)) else None
