"""Roles: a student answers, a teacher gives feedback, a judge says what answers are worth; each a model and its prompt.

Loops and benches see nothing but the one method of `Speaker`, so a role may as well be played by what is no model: the
pocket world's oracle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, final, overload

from burnish.errors import ModelError
from burnish.images import decode
from burnish.models import Decoding, Model, OnReply, Reply, Request
from burnish.prompts import ComposerPrompt, JudgePrompt, JudgeTask, StudentPrompt, TeacherPrompt
from burnish.records import Example, Facts, Turn

RoleName: TypeAlias = Literal["student", "teacher"]
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)


class Case(NamedTuple):
    """What a role is asked about: an example, the turns so far, and for a teacher the response that follows them."""

    example: Example
    turns: tuple[Turn, ...]
    response: str = ""
    seed: int = 0
    """Decides what is drawn where the role draws its words at random."""


class JudgeCase(NamedTuple):
    """What a judge is asked about."""

    values: Mapping[str, str]
    """What stands in the places of its prompt."""
    facts: Facts
    """What the oracle knows the truth by."""
    picture: Callable[[], bytes] | None = None
    """Reads it when the request is made, for a prompt that shows it."""
    unread: str | None = None
    """Its reply that could not be read, when it is asked again."""


class Speaker(Protocol[C_contra]):
    """Whoever plays a role."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Hex digests, by name, of all that decides what it says."""
        ...

    def reply(self, cases: Sequence[C_contra], on_reply: OnReply) -> None:
        """Answer every case, telling each reply at once. Raises ModelError or ServerError."""
        ...


Role: TypeAlias = Speaker[Case]
"""A partner in dialogues."""


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
        messages = self.prompt.messages(example.question, decode(example.image), case.turns)
        return Request(messages=messages, seed=case.seed, conversation=_conversation(example))

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Responses."""
        self.model.generate(_Requests(cases, self.request), self.decoding, on_reply)


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
        truth = _groundtruth(example)
        messages = self.prompt.messages(example.question, truth, decode(example.image), case.turns, case.response)
        return Request(messages=messages, seed=case.seed, conversation=_conversation(example))

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Feedback."""
        self.model.generate(_Requests(cases, self.request), self.decoding, on_reply)


@final
class OracleTeacher:
    """The oracle of the pocket world as a teacher: no model, and never wrong."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of the oracle's version."""
        from burnish.pocket.oracle import VERSION

        return {"teacher oracle": hashlib.sha256(VERSION.encode()).hexdigest()}

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Feedback. Raises SourceError for an example of another world, ModelError for one without a ground truth."""
        from burnish.pocket.oracle import feedback

        for number, case in enumerate(cases):
            example = case.example
            text = feedback(example.facts, example.question, _groundtruth(example), case.response)
            on_reply(number, Reply(text=text))


@final
@dataclass(frozen=True, kw_only=True)
class Composer:
    """Writes a whole dialogue about an example, both parts of it (figures A10 and A11)."""

    model: Model
    prompt: ComposerPrompt
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of model, chat template and prompt."""
        return _fingerprints("composer", self.model, self.prompt.fingerprint)

    def request(self, case: Case) -> Request:
        """What the model is sent. Raises ModelError for an example without a ground truth."""
        example = case.example
        messages = self.prompt.messages(example.question, _groundtruth(example), decode(example.image))
        return Request(messages=messages, seed=case.seed)

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Dialogues, as texts."""
        self.model.generate(_Requests(cases, self.request), self.decoding, on_reply)


@final
class OracleComposer:
    """The oracle of the pocket world as a composer, in GPT-4V's place: no model, and without a price."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of the oracle's version."""
        from burnish.pocket.oracle import VERSION

        return {"composer oracle": hashlib.sha256(VERSION.encode()).hexdigest()}

    def reply(self, cases: Sequence[Case], on_reply: OnReply) -> None:
        """Dialogues. Raises SourceError for an example of another world, ModelError for one without a ground truth."""
        from burnish.pocket.oracle import compose

        for number, case in enumerate(cases):
            example = case.example
            text = compose(example.facts, example.question, _groundtruth(example), case.seed)
            on_reply(number, Reply(text=text))


@final
@dataclass(frozen=True, kw_only=True)
class Judge:
    """Says what an answer is worth, or which of two is better; its replies are read by the bench that asks."""

    model: Model
    prompt: JudgePrompt
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of model, chat template and prompt."""
        return _fingerprints("judge", self.model, self.prompt.fingerprint)

    @property
    def sees_pictures(self) -> bool:
        """Whether its cases need theirs."""
        return self.prompt.sees == "picture"

    def request(self, case: JudgeCase) -> Request:
        """What the model is sent."""
        picture = None if case.picture is None else decode(case.picture())
        return Request(messages=self.prompt.messages(case.values, picture, case.unread))

    def reply(self, cases: Sequence[JudgeCase], on_reply: OnReply) -> None:
        """Judgements, as texts."""
        self.model.generate(_Requests(cases, self.request), self.decoding, on_reply)


@final
@dataclass(frozen=True, kw_only=True)
class OracleJudge:
    """The oracle of the pocket world as a judge: no model, and never wrong."""

    task: JudgeTask
    sees_pictures = False

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of the oracle's version."""
        from burnish.pocket.oracle import VERSION

        return {"judge oracle": hashlib.sha256(VERSION.encode()).hexdigest()}

    def reply(self, cases: Sequence[JudgeCase], on_reply: OnReply) -> None:
        """Judgements, as texts. Raises SourceError for a question of another world, and a task that is not for it."""
        from burnish.pocket.oracle import judge

        for number, case in enumerate(cases):
            on_reply(number, Reply(text=judge(self.task, case.facts, case.values)))


@final
class _Requests(Sequence[Request], Generic[C]):
    """Requests that are built when they are reached: no more pictures are open than a model works on."""

    def __init__(self, cases: Sequence[C], build: Callable[[C], Request]) -> None:
        self._cases, self._build = cases, build

    def __len__(self) -> int:
        return len(self._cases)

    @overload
    def __getitem__(self, index: int) -> Request: ...

    @overload
    def __getitem__(self, index: slice) -> _Requests[C]: ...

    def __getitem__(self, index: int | slice) -> Request | _Requests[C]:
        if isinstance(index, slice):
            return _Requests(self._cases[index], self._build)
        return self._build(self._cases[index])


def _conversation(example: Example) -> str:
    return f"{example.source}/{example.id}"


def _groundtruth(example: Example) -> str:
    if example.answer is None:
        raise ModelError(f"Example {example.id} has no ground truth, and a teacher must know it: leave it out.")
    return example.answer


def _fingerprints(role: str, model: Model, prompt: str) -> dict[str, str]:
    return {
        f"{role} model": model.fingerprint,
        f"{role} template": model.template_fingerprint,
        f"{role} prompt": prompt,
    }
