"""Dialogues of the tests: two, three and one turns about random pictures."""

from __future__ import annotations

from collections.abc import Sequence

import tiny_models
from burnish.fire.texts import read_feedback, read_response
from burnish.images import encode_png
from burnish.records import Dialogue, Example, Turn

PICTURES = {str(i): encode_png(tiny_models.picture(i, width, 28)) for i, width in enumerate((40, 70, 28))}

TOLD = (
    (
        ("Thought: It has ears.\nAnswer: a cat\n\n", "Score: 3.\nFeedback: Look at its tail.\n"),
        ("Thought: A long tail.\nAnswer: a dog\n\n", "Score: 10.\nFeedback: That is right.\n"),
    ),
    (
        ("two", "Score: 1.\nFeedback: Too few."),
        ("three", "Score: 4.\nFeedback: Still too few."),
        ("three", "Score: 4.\nFeedback: You said that before."),
    ),
    (("red", "Score: 9.\nFeedback: Good."),),
)
"""What student and teacher say, published files' white space included."""
QUESTIONS = ("What is it?", "How many dogs are there, counted with care?", "Which colour?")
TRUTHS = ("a dog", "five", "red")


def turns(told: Sequence[tuple[str, str]]) -> tuple[Turn, ...]:
    return tuple(Turn(response=read_response(said), feedback=read_feedback(answer)) for said, answer in told)


def dialogue(number: int, told: Sequence[tuple[str, str]] | None = None, **changes) -> Dialogue:
    """Dialogue `number`, or one that says something else."""
    fields = {
        "id": str(number),
        "image": str(number),
        "question": QUESTIONS[number],
        "answer": TRUTHS[number],
        "turns": turns(TOLD[number] if told is None else told),
        "source": "test",
    }
    return Dialogue(**(fields | changes))


def example(told: Dialogue, image: bytes | None = None) -> Example:
    """What the loop was given when it made this dialogue."""
    picture = PICTURES[told.image] if image is None else image
    return Example(id=told.id, image=picture, question=told.question, answer=told.answer, source=told.source)
