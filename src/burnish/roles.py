"""FIRE's roles: a student answers, a teacher that knows the truth gives feedback; a role is a model and its prompt.

The student-teacher loop (`burnish.dialogue`) sees nothing but the one method of `Role`, so a role may as well be
played by what is no model: the pocket world's oracle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, final

from burnish.errors import ModelError
from burnish.images import decode
from burnish.models import Decoding, Model, OnReply, Request
from burnish.prompts import StudentPrompt, TeacherPrompt
from burnish.records import Example, Turn


class Case(NamedTuple):
    """What a role is asked about: an example, the turns so far, and for a teacher the response that follows them."""

    example: Example
    turns: tuple[Turn, ...]
    response: str = ""


class Role(Protocol):
    """A partner in dialogues."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Hex digests, by name, of all that decides what it says."""
        ...

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Answer every case, telling each reply at once. Raises ModelError or ServerError."""
        ...


@final
@dataclass(frozen=True, kw_only=True)
class Student:
    """Answers a question, and answers it again after feedback."""

    model: Model
    prompt: StudentPrompt
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of model, chat template and prompt."""
        return _fingerprints("student", self.model, self.prompt.fingerprint)

    def request(self, case: Case) -> Request:
        """What the model is sent."""
        example = case.example
        return Request(messages=self.prompt.messages(example.question, decode(example.image), case.turns))

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Responses."""
        self.model.generate([self.request(case) for case in cases], self.decoding, on_reply)


@final
@dataclass(frozen=True, kw_only=True)
class Teacher:
    """Compares a response with the ground truth and gives feedback."""

    model: Model
    prompt: TeacherPrompt
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of model, chat template and prompt."""
        return _fingerprints("teacher", self.model, self.prompt.fingerprint)

    def request(self, case: Case) -> Request:
        """What the model is sent. Raises ModelError for an example without a ground truth."""
        example = case.example
        if example.answer is None:
            raise ModelError(f"Example {example.id} has no ground truth, and a teacher must know it: leave it out.")
        picture = decode(example.image)
        return Request(
            messages=self.prompt.messages(example.question, example.answer, picture, case.turns, case.response)
        )

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Feedback."""
        self.model.generate([self.request(case) for case in cases], self.decoding, on_reply)


def _fingerprints(role: str, model: Model, prompt: str) -> dict[str, str]:
    return {
        f"{role} model": model.fingerprint,
        f"{role} template": model.template_fingerprint,
        f"{role} prompt": prompt,
    }
