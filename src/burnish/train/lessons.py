"""What a role learns from a dialogue: at each turn the conversation that the loop sends it, and what it is to say.

The conversations come from the same prompts, and from the same turns, as those of `burnish.roles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from burnish.images import decode
from burnish.models.base import Message
from burnish.prompts import StudentPrompt, TeacherPrompt
from burnish.records import Dialogue, Feedback, Response
from burnish.train.measure import DOT


class Ask(NamedTuple):
    """One turn of a role."""

    turn: int
    """From 1."""
    messages: Sequence[Message]
    """The conversation, with a dot in the picture's place: only its words matter here."""
    text: str
    """The reply, as a model gives it: without white space around it."""
    flaw: str = ""
    """A short reason why this reply must not be learned; empty where it may be."""
    cut: bool = False
    """Whether the reply was cut, so that it does not end where its text does."""


Asks: TypeAlias = Callable[[Dialogue], Sequence[Ask]]
"""The turns of a role, those with a flaw included."""


def student_asks(prompt: StudentPrompt, dialogue: Dialogue) -> Sequence[Ask]:
    """The responses r_i for i >= 2 (FIRE, equation 5): the first one follows no feedback."""
    picture = decode(DOT)
    return [
        _ask(i + 1, prompt.messages(dialogue.question, picture, dialogue.turns[:i]), turn.response, "response")
        for i, turn in enumerate(dialogue.turns)
        if i > 0
    ]


def distil_asks(prompt: StudentPrompt, dialogue: Dialogue) -> Sequence[Ask]:
    """Each response that a comment follows, twice: to what was asked, and, once the comment has been read, again.

    The first has an odd number, the second the even one behind it.
    """
    picture, asks = decode(DOT), list[Ask]()
    for i, turn in enumerate(dialogue.turns):
        flaw = "" if turn.feedback.comment.strip() else "no comment"
        for number, seen in ((2 * i + 1, i), (2 * i + 2, i + 1)):
            messages = prompt.messages(dialogue.question, picture, dialogue.turns[:seen])
            ask = _ask(number, messages, turn.response, "response")
            asks.append(ask if ask.flaw or not flaw else ask._replace(flaw=flaw))
    return asks


def teacher_asks(prompt: TeacherPrompt, dialogue: Dialogue) -> Sequence[Ask]:
    """The feedback f_i for i >= 1 (FIRE, equation 6), unless its score cannot be read."""
    picture = decode(DOT)
    asks = []
    for i, turn in enumerate(dialogue.turns):
        said = turn.response.text
        messages = prompt.messages(dialogue.question, dialogue.answer, picture, dialogue.turns[:i], said)
        ask = _ask(i + 1, messages, turn.feedback, "feedback")
        asks.append(ask if turn.feedback.score is not None else ask._replace(flaw="feedback without a score"))
    return asks


def _ask(turn: int, messages: Sequence[Message], said: Response | Feedback, what: str) -> Ask:
    text = said.text.strip()
    return Ask(turn, messages, text, "" if text else f"empty {what}", cut=said.finish == "length")
