"""The oracle as a teacher: a score, what is wrong, and a hint that does not tell the answer.

Comments never hold the ground truth as a phrase of its own below a score of 8 (a test asks thousands), which forbids
some words: "right" (it is a place), "no" (it is an answer), a sentence that begins with "A" (it is a letter).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from burnish.fire.texts import read_response, write_feedback
from burnish.pocket.oracle.question import Known
from burnish.pocket.oracle.statements import describe_faults
from burnish.pocket.world import normalise
from burnish.pocket.world.scene import COLORS, CORNERS, REGIONS, SHAPES
from burnish.records import Facts

CORRECT = "That is correct."


class OracleVerdict(NamedTuple):
    """What the oracle thinks of an answer."""

    score: int
    """10 for the truth, 1 for what is no answer to the question, 2 to 7 by nearness for all else."""
    comment: str


def feedback(facts: Facts, question: str, answer: str, response: str) -> str:
    """Feedback in FIRE's form to a response's text. Raises SourceError for a question of another world."""
    found = verdict(Known.of(facts, question, answer), read_response(response).answer)
    return write_feedback(found.score, found.comment)


def rating(facts: Facts, question: str, answer: str, given: str) -> int:
    """The score on a scale from 1 to 5. Raises SourceError for a question of another world."""
    return math.ceil(verdict(Known.of(facts, question, answer), given).score / 2)


def verdict(known: Known, given: str) -> OracleVerdict:
    """Score and comment for an answer."""
    if known.kind == "description":
        return _of_description(known, given)
    truth, answer = normalise(known.answer), normalise(given)
    if truth == answer:
        return OracleVerdict(10, CORRECT)
    return _JUDGES[known.kind](truth, answer)


def _of_description(known: Known, given: str) -> OracleVerdict:
    faults = describe_faults(known.scene, known.question, given)
    if not faults.named:
        return OracleVerdict(10, CORRECT)
    if faults.f1 == 0 and faults.readable == 0:
        return OracleVerdict(1, "Describe all objects in sentences.")
    return OracleVerdict(min(7, 2 + int(6 * faults.f1)), " ".join(faults.named))


def _yes_no(_truth: str, given: str) -> OracleVerdict:
    if given not in ("yes", "no"):
        return OracleVerdict(1, "Answer the question.")
    return OracleVerdict(2, "That is wrong. Look again.")


def _color(truth: str, given: str) -> OracleVerdict:
    if given not in COLORS:
        return OracleVerdict(1, "The answer must be one color.")
    return OracleVerdict(3, f"Not {given}: {_letters(truth)}")


def _shape(truth: str, given: str) -> OracleVerdict:
    if given not in SHAPES:
        return OracleVerdict(1, "The answer must be one shape.")
    near = CORNERS[truth] == CORNERS[given]
    return OracleVerdict(4 if near else 3, f"Not {given}: {_corners(truth)}")


def _size(_truth: str, given: str) -> OracleVerdict:
    if given not in ("small", "large"):
        return OracleVerdict(1, "The answer must be one size.")
    return OracleVerdict(3, "That size is wrong. Compare it with other objects.")


def _side(truth: str, given: str) -> OracleVerdict:
    across = ("left", "right")
    if given not in (*across, "above", "below"):
        return OracleVerdict(1, "The answer must be one side.")
    if (truth in across) == (given in across):
        return OracleVerdict(4, f"Not {given}: it is the other side.")
    return OracleVerdict(3, f"Not {given}: compare the {'columns' if truth in across else 'rows'}.")


def _place(truth: str, given: str) -> OracleVerdict:
    if given not in REGIONS:
        return OracleVerdict(1, "The answer must be one place in the picture.")
    row, column = _row(truth) == _row(given), _column(truth) == _column(given)
    if row:
        return OracleVerdict(5, "The row is correct, the column is wrong.")
    if column:
        return OracleVerdict(5, "The column is correct, the row is wrong.")
    return OracleVerdict(3, "The row and the column are wrong.")


def _object(truth: str, given: str) -> OracleVerdict:
    color, _, shape = given.partition(" ")
    true_color, _, true_shape = truth.partition(" ")
    if color not in COLORS or shape not in SHAPES:
        return OracleVerdict(1, "The answer must be one color and one shape.")
    if color == true_color:
        return OracleVerdict(5, f"The color is correct. Not {shape}: {_corners(true_shape)}")
    if shape == true_shape:
        return OracleVerdict(5, f"The shape is correct. Not {color}: {_letters(true_color)}")
    return OracleVerdict(3, f"Not {given}: the color and the shape are wrong.")


def _number(truth: str, given: str) -> OracleVerdict:
    if not given.isdecimal():
        return OracleVerdict(1, "The answer must be one number.")
    off = int(given) - int(truth)
    side = "too high" if off > 0 else "too low"
    if abs(off) == 1:
        return OracleVerdict(6, f"Almost: your number is {side}.")
    return OracleVerdict(4 if abs(off) == 2 else 3, f"Your number is much {side}.")


def _character(truth: str, given: str) -> OracleVerdict:
    sort = "number" if truth.isdigit() else "letter"
    if len(given) != 1 or given.isdigit() != truth.isdigit():
        return OracleVerdict(1, f"The answer must be one {sort}.")
    return OracleVerdict(3, f"That {sort} is wrong. Read it again.")


def _text(truth: str, given: str) -> OracleVerdict:
    if not given or " " in given:
        return OracleVerdict(1, "The answer must be one line of characters.")
    if len(given) != len(truth):
        many = "many" if len(given) > len(truth) else "few"
        return OracleVerdict(3, f"There are too {many} characters.")
    wrong = [str(place) for place, (a, b) in enumerate(zip(truth, given, strict=True), start=1) if a != b]
    score = 2 + 5 * (len(truth) - len(wrong)) // len(truth)
    return OracleVerdict(score, f"Read character {' and '.join(wrong)} again.")


_JUDGES = {
    "yes or no": _yes_no,
    "color": _color,
    "shape": _shape,
    "size": _size,
    "side": _side,
    "place": _place,
    "object": _object,
    "number": _number,
    "character": _character,
    "text": _text,
}


def _letters(word: str) -> str:
    return f"it is a word of {len(word)} letters."


def _corners(shape: str) -> str:
    return f"it is a shape of {CORNERS[shape]} corners."


def _row(place: str) -> str:
    return next((row for row in ("top", "bottom") if row in place.split()), "")


def _column(place: str) -> str:
    return next((column for column in ("left", "right") if column in place.split()), "")
