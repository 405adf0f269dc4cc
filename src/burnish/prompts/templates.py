"""From a prompt's words and a dialogue so far to the conversation that a model is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from string import Template
from typing import Literal, TypeAlias

from PIL.Image import Image

from burnish.fire.texts import read_response
from burnish.models.base import Message
from burnish.records import Feedback, Turn

StudentSees: TypeAlias = Literal["comment", "feedback"]
"""Of a feedback: its comment alone, as in the authors' code, or its whole text with the score."""
TeacherSees: TypeAlias = Literal["latest", "history"]
"""Of a dialogue: the latest response alone, as in figure A13, or all turns, as in equation 6."""
JudgeSees: TypeAlias = Literal["text", "picture"]
"""Of a question and its answers: their words alone, or the picture too."""
JudgeTask: TypeAlias = Literal[
    "mmvet", "llava-bench", "mmhal", "shr", "consistency", "pairwise", "grades", "rubric", "calibrate", "answer"
]
"""What is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What every role's prompt has."""

    system: str = ""
    """The system message; empty for none."""
    question: str
    """The first message of the user, behind the picture."""

    @property
    def fingerprint(self) -> str:
        """Hex digest of the words and choices."""
        return hashlib.sha256(json.dumps([type(self).__name__, asdict(self)]).encode()).hexdigest()

    def _opening(self, *pictures: Image, **values: str) -> tuple[Message, ...]:
        system = (Message(role="system", text=self.system),) if self.system else ()
        return (*system, Message(role="user", text=_fill(self.question, **values), images=pictures))


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentPrompt(Prompt):
    """How a student is asked (figure A12)."""

    sees: StudentSees = "comment"
    again: str
    """Asks for a better answer: in each later message, or once at the end of one with rounds."""
    round: str = ""
    """One earlier turn, where all of them stand in the first message."""

    def messages(self, question: str, picture: Image, turns: Sequence[Turn]) -> tuple[Message, ...]:
        """What the student is sent after these turns; without any, the question alone."""
        opening = self._opening(picture, question=question)
        if not turns:
            return opening
        if self.round:
            rounds = "".join(
                _fill(self.round, number=str(i), feedback=self._seen(turn.feedback), **_as_values(turn.response.text))
                for i, turn in enumerate(turns, start=1)
            )
            asked = opening[-1]
            whole = Message(role="user", text=f"{asked.text}{rounds}{self.again}", images=asked.images)
            return (*opening[:-1], whole)
        later = (
            message
            for turn in turns
            for message in (
                Message(role="assistant", text=_plain(turn.response.text)),
                Message(role="user", text=_fill(self.again, feedback=self._seen(turn.feedback))),
            )
        )
        return (*opening, *later)

    def _seen(self, feedback: Feedback) -> str:
        return feedback.comment if self.sees == "comment" else _plain(feedback.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherPrompt(Prompt):
    """How a teacher is asked (figure A13)."""

    sees: TeacherSees = "latest"
    again: str
    """Asks about a later response, where the teacher sees the history."""

    @property
    def knows_truth(self) -> bool:
        """Whether its words hold the ground truth."""
        return "groundtruth" in Template(self.question).get_identifiers()

    def messages(
        self, question: str, groundtruth: str, picture: Image, turns: Sequence[Turn], response: str
    ) -> tuple[Message, ...]:
        """What the teacher is sent about `response`, which follows `turns`."""
        responses = [turn.response.text for turn in turns] if self.sees == "history" else []
        first, *later = [_as_values(text) for text in (*responses, response)]
        opening = self._opening(picture, question=question, groundtruth=groundtruth, **first)
        followed = (
            message
            for turn, values in zip(turns, later, strict=False)
            for message in (
                Message(role="assistant", text=_plain(turn.feedback.text)),
                Message(role="user", text=_fill(self.again, **values)),
            )
        )
        return (*opening, *followed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerPrompt(Prompt):
    """How a model is asked to write a whole dialogue (figures A10 and A11)."""

    def messages(self, question: str, groundtruth: str, picture: Image) -> tuple[Message, ...]:
        """What the model is sent about one example."""
        return self._opening(picture, question=question, groundtruth=groundtruth)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePrompt(Prompt):
    """How a judge is asked about an answer, or about two."""

    task: JudgeTask
    sees: JudgeSees = "text"
    again: str
    """Stands below the question when it is put a second time, because the first reply could not be read."""

    def messages(
        self, values: Mapping[str, str], pictures: Sequence[Image], unread: str | None = None
    ) -> tuple[Message, ...]:
        """What the judge is sent; `unread` is its own reply that could not be read.

        Both questions are one message each: a judge at temperature 0 answers the second anew because it differs.
        """
        *system, asked = self._opening(*pictures, **values)
        if unread is None:
            return (*system, asked)
        again = _fill(self.again, **values, reply=unread)
        return (*system, Message(role="user", text=f"{asked.text}\n\n{again}", images=asked.images))


def _fill(template: str, **values: str) -> str:
    return Template(template).substitute(values)


def _as_values(response: str) -> dict[str, str]:
    """A response as a template may show it: whole, or its answer without the thought."""
    return {"response": _plain(response), "answer": read_response(response).answer}


def _plain(text: str) -> str:
    """A text as a model gives it: published files have line breaks behind theirs."""
    return text.strip()
