"""Roles: a student answers, a teacher gives feedback, a composer writes whole dialogues, a judge says what answers are
worth; each is a model, its prompt, and how it answers.

A life sees nothing but `Speaker`, so a role may as well be played by what is not a model: the pocket world's oracle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, final

from burnish.errors import ModelError
from burnish.generation import Ask, KnownReply
from burnish.images import decode
from burnish.models import Decoding, Model, Reply, Request
from burnish.prompts import ComposerPrompt, JudgePrompt, JudgeTask, StudentPrompt, TeacherPrompt
from burnish.records import Example, Facts, Turn

RoleName: TypeAlias = Literal["student", "teacher"]
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)
GREEDY = Decoding()


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
    pictures: Callable[[], Sequence[bytes]] | None = None
    """Reads those of the answer when the request is made, for a prompt that shows them."""
    unread: str | None = None
    """Its reply that could not be read, when it is asked again."""


class Speaker(Protocol[C_contra]):
    """Whoever plays a role."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Hex digests, by name, of all that decides what it says."""
        ...

    @property
    def models(self) -> Sequence[Model]:
        """Those that it asks: one, or none."""
        ...

    def ask(self, name: str, case: C_contra) -> Ask | KnownReply:
        """What it says to the case, as the reply of this name. Raises SourceError or ModelError."""
        ...


Partner: TypeAlias = Speaker[Case]
"""A partner in dialogues."""


@final
@dataclass(frozen=True, kw_only=True)
class Role(Generic[C]):
    """A role that a model plays."""

    name: str
    """ "student", "teacher", "composer" or "judge"."""
    model: Model
    prompt: str
    """Hex digest of its prompt."""
    request: Callable[[C], Request]
    """What the model is sent about a case. Raises ModelError for one that cannot be asked about."""
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of model, chat template and prompt."""
        return {
            f"{self.name} model": self.model.fingerprint,
            f"{self.name} template": self.model.template_fingerprint,
            f"{self.name} prompt": self.prompt,
        }

    @property
    def models(self) -> Sequence[Model]:
        """Its own."""
        return (self.model,)

    def ask(self, name: str, case: C) -> Ask:
        """The request is made when it is reached."""
        return Ask(name, self.model, partial(self.request, case), self.decoding)


@final
@dataclass(frozen=True, kw_only=True)
class Oracle(Generic[C]):
    """A role that no model plays: what it says follows from the case."""

    name: str
    """ "teacher oracle"."""
    version: str
    says: Callable[[C], str]

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Of its version."""
        return {self.name: hashlib.sha256(self.version.encode()).hexdigest()}

    @property
    def models(self) -> Sequence[Model]:
        """None."""
        return ()

    def ask(self, name: str, case: C) -> KnownReply:
        """Known at once."""
        return KnownReply(name, Reply(text=self.says(case)))


def student_role(*, model: Model, prompt: StudentPrompt, decoding: Decoding = GREEDY) -> Role[Case]:
    """Answers a question, and answers it again after feedback."""

    def request(case: Case) -> Request:
        example = case.example
        messages = prompt.messages(example.question, decode(example.image), case.turns)
        return Request(messages=messages, seed=case.seed, conversation=_conversation(example))

    return Role(name="student", model=model, prompt=prompt.fingerprint, request=request, decoding=decoding)


def teacher_role(*, model: Model, prompt: TeacherPrompt, decoding: Decoding = GREEDY) -> Role[Case]:
    """Compares a response with the ground truth and gives feedback."""

    def request(case: Case) -> Request:
        example = case.example
        truth = _groundtruth(example) if prompt.knows_truth else ""
        messages = prompt.messages(example.question, truth, decode(example.image), case.turns, case.response)
        return Request(messages=messages, seed=case.seed, conversation=_conversation(example))

    return Role(name="teacher", model=model, prompt=prompt.fingerprint, request=request, decoding=decoding)


def composer_role(*, model: Model, prompt: ComposerPrompt, decoding: Decoding = GREEDY) -> Role[Case]:
    """Writes a whole dialogue about an example, both parts of it (figures A10 and A11)."""

    def request(case: Case) -> Request:
        example = case.example
        messages = prompt.messages(example.question, _groundtruth(example), decode(example.image))
        return Request(messages=messages, seed=case.seed)

    return Role(name="composer", model=model, prompt=prompt.fingerprint, request=request, decoding=decoding)


def judge_role(*, model: Model, prompt: JudgePrompt, decoding: Decoding = GREEDY) -> Role[JudgeCase]:
    """Says what an answer is worth, or which of two is better; its replies are read by the bench that asks."""

    def request(case: JudgeCase) -> Request:
        pictures = [] if case.pictures is None else list(map(decode, case.pictures()))
        return Request(messages=prompt.messages(case.values, pictures, case.unread))

    return Role(name="judge", model=model, prompt=prompt.fingerprint, request=request, decoding=decoding)


def oracle_teacher() -> Oracle[Case]:
    """The oracle of the pocket world as a teacher: no model, and never wrong."""
    from burnish.pocket.oracle import VERSION, feedback

    def says(case: Case) -> str:
        example = case.example
        return feedback(example.facts, example.question, _groundtruth(example), case.response)

    return Oracle(name="teacher oracle", version=VERSION, says=says)


def oracle_composer() -> Oracle[Case]:
    """The oracle of the pocket world as a composer, in GPT-4V's place: no model, and without a price."""
    from burnish.pocket.oracle import VERSION, compose

    def says(case: Case) -> str:
        example = case.example
        return compose(example.facts, example.question, _groundtruth(example), case.seed)

    return Oracle(name="composer oracle", version=VERSION, says=says)


def oracle_judge(task: JudgeTask) -> Oracle[JudgeCase]:
    """The oracle of the pocket world as a judge: no model, and never wrong."""
    from burnish.pocket.oracle import VERSION, judge

    def says(case: JudgeCase) -> str:
        return judge(task, case.facts, case.values)

    return Oracle(name="judge oracle", version=VERSION, says=says)


def _conversation(example: Example) -> str:
    return f"{example.source}/{example.id}"


def _groundtruth(example: Example) -> str:
    if example.answer is None:
        raise ModelError(f"Example {example.id} has no ground truth, and a teacher must know it: leave it out.")
    return example.answer
