"""What a role learns from a dialogue: at each turn the conversation that the loop sends it, and what it is to say.

The conversations come from the same prompts, and from the same turns, as those of `burnish.roles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from burnish.fire.texts import write_response
from burnish.images import decode
from burnish.models.base import Message
from burnish.prompts import StudentPrompt, TeacherPrompt
from burnish.records import Dialogue, Feedback, Response, Turn
from burnish.train.picture_lengths import DOT


class TurnTarget(NamedTuple):
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


Asks: TypeAlias = Callable[[Dialogue], Sequence[TurnTarget]]
"""The turns of a role, those with a flaw included."""


def student_asks(prompt: StudentPrompt, dialogue: Dialogue) -> Sequence[TurnTarget]:
    """The responses r_i for i >= 2 (FIRE, equation 5): the first one follows no feedback."""
    picture = decode(DOT)
    return [
        _ask(i + 1, prompt.messages(dialogue.question, picture, dialogue.turns[:i]), turn.response, "response")
        for i, turn in enumerate(dialogue.turns)
        if i > 0
    ]


def distil_asks(prompt: StudentPrompt, dialogue: Dialogue) -> Sequence[TurnTarget]:
    """Each response that a comment follows, twice: to what was asked, and, once the comment has been read, again.

    The first has an odd number, the second the even one behind it. A student that thinks before it answers again is
    asked again behind the thought that it really had: else the first word that it would learn is "Thought".
    """
    picture, asks = decode(DOT), list[TurnTarget]()
    for i, turn in enumerate(dialogue.turns):
        flaw = "" if turn.feedback.comment.strip() else "no comment"
        for number, seen, response in ((2 * i + 1, i, turn.response), (2 * i + 2, i + 1, _again(dialogue.turns, i))):
            ask = _ask(number, prompt.messages(dialogue.question, picture, dialogue.turns[:seen]), response, "response")
            asks.append(ask if ask.flaw or not flaw else ask._replace(flaw=flaw))
    return asks


def _again(turns: Sequence[Turn], i: int) -> Response:
    """A turn's response as it would be said behind its comment: with the next one's thought, if it has none itself."""
    response, thought = turns[i].response, turns[i + 1].response.thought if i + 1 < len(turns) else ""
    if response.thought or not thought or not response.text.strip():
        return response
    return replace(response, text=write_response(thought, response.text.strip()))


def teacher_asks(prompt: TeacherPrompt, dialogue: Dialogue) -> Sequence[TurnTarget]:
    """The feedback f_i for i >= 1 (FIRE, equation 6), unless its score cannot be read."""
    picture = decode(DOT)
    asks = []
    for i, turn in enumerate(dialogue.turns):
        response = turn.response.text
        messages = prompt.messages(dialogue.question, dialogue.answer, picture, dialogue.turns[:i], response)
        ask = _ask(i + 1, messages, turn.feedback, "feedback")
        asks.append(ask if turn.feedback.score is not None else ask._replace(flaw="feedback without a score"))
    return asks


def _ask(turn: int, messages: Sequence[Message], response: Response | Feedback, what: str) -> TurnTarget:
    text = response.text.strip()
    return TurnTarget(turn, messages, text, "" if text else f"empty {what}", cut=response.finish == "length")
