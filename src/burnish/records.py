"""The nouns of Burnish: data only, no behaviour.

Everything that a run stores is one of these, written as one JSON object a line. Pictures never stand in a
record: a stored record names its picture by the content hash under which the run keeps the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
else:
    Json = Any  # what reads types at run time knows none that holds itself
Facts: TypeAlias = Mapping[str, Json]
"""What a source knows beyond question and answer (task, options, scene): JSON values only."""
Finish: TypeAlias = Literal["stop", "length", ""]
"""Why a text ended: the model came to its end, or it was cut at the longest that was asked for; empty where that is not
known (a file, a record from before this was kept)."""
ReplyEnd: TypeAlias = Literal["answered", "cut", "empty", "thinking cut", "refused"]
"""What became of one reply that a model was asked for: an answer that came to its end, one that was cut, no answer,
none because the thoughts before it were cut, or a request that was refused."""


_STORED_IF_SET: Mapping[str, bool] = MappingProxyType({"stored if set": True})
"""Marks a field of a record that its line has only where it differs from its default: most records never do."""


class TextMessage(NamedTuple):
    """A message of a conversation."""

    speaker: Literal["user", "assistant", "system"]
    text: str
    """Without marks of pictures, and without white space around it; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question about one picture, or about several, as a source gives it."""

    id: str
    """Unique within its source, the same at every reading."""
    image: bytes
    """The picture's file content as found (PNG, JPEG, WebP …), known to decode; empty for a question about none, which
    only supervised training asks for."""
    question: str
    answer: str | None = None
    """The ground truth where the source has one; SeVa never looks at it."""
    source: str
    """The name that results are grouped by: a data set ("textvqa") or a task ("counting")."""
    before: tuple[TextMessage, ...] = ()
    """The messages before the question, for supervised training on whole conversations; SeVa asks each alone."""
    facts: Facts = field(default_factory=dict)
    more_images: tuple[bytes, ...] = ()
    """The pictures after the first, where the question is about several."""

    @property
    def images(self) -> tuple[bytes, ...]:
        """All its pictures, in their order."""
        return (self.image, *self.more_images) if self.image else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An example that was left out, with its reason: nothing disappears uncounted."""

    id: str
    source: str
    reason: str
    """A short name to count by ("equal answers", "broken image")."""
    detail: str = ""
    replies: tuple[ReplyEnd, ...] = ()
    """What became of each reply that was asked for; empty where a model was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said."""

    text: str
    """Without the end token and outer white space; inner newlines are kept."""
    token_ids: tuple[int, ...] = ()
    """As generated, the end token included when the model gave one; empty from a server."""
    ref_logp: float | None = None
    """Summed log-probability (nats) of `token_ids` under the generating model, given the *clean* image."""
    thinking: str = ""
    """What the model thought before it; never a part of the answer."""
    finish: Finish = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An answer to a distorted picture; distortion and seed make the picture again."""

    distortion: str
    seed: int
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePair:
    """One chosen answer and one rejected answer a distortion (SeVa, equations 8 to 11 and 17)."""

    id: str
    image: str
    """Content key of the clean picture in the run."""
    question: str
    chosen: Answer
    rejected: tuple[Rejected, ...]
    source: str
    answer: str | None = None
    """The ground truth where the source had one: for reports only, never for training."""
    facts: Facts = field(default_factory=dict)
    replies: tuple[ReplyEnd, ...] = ()
    """What became of each reply that was asked for, those that are no part of the pair included."""
    before: tuple[TextMessage, ...] = ()
    """The messages before the question, where the answers end a dialogue; the picture stands in the first of the
    user's."""
    more_images: tuple[str, ...] = field(default=(), metadata=_STORED_IF_SET)
    """Content keys of the pictures after the first, where the question is about several."""
    distorted_image: int = field(default=0, metadata=_STORED_IF_SET)
    """Number, from 1, of the one picture of several that was distorted; 0 where all were."""

    @property
    def images(self) -> tuple[str, ...]:
        """Content keys of all its pictures, in their order."""
        return (self.image, *self.more_images)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A model's answer to a benchmark question."""

    id: str
    image: str
    question: str
    answer: str
    """The ground truth; empty where the source has none."""
    text: str
    source: str
    distortion: str = ""
    """Empty for the clean picture."""
    n_tokens: int = 0
    """Length of the answer in the model's own tokens (0 where the backend does not tell)."""
    facts: Facts = field(default_factory=dict)
    thinking: str = ""
    """What the model thought before it; never a part of the answer."""
    replies: tuple[ReplyEnd, ...] = ()
    """What became of the reply; empty in a record from before this was kept."""
    more_images: tuple[str, ...] = field(default=(), metadata=_STORED_IF_SET)
    """Content keys of the pictures after the first, where the question is about several."""
    distorted_image: int = field(default=0, metadata=_STORED_IF_SET)
    """Number, from 1, of the one picture of several that was distorted; 0 where all were."""

    @property
    def images(self) -> tuple[str, ...]:
        """Content keys of all its pictures, in their order."""
        return (self.image, *self.more_images)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A student's answer to a question (FIRE, section 3.1), as `burnish.fire.texts` reads it."""

    text: str
    """As it was written or generated: what the next request and the training see."""
    thought: str
    """Empty where the text has none."""
    answer: str
    thinking: str = ""
    """What the model thought before the text; neither the next request nor the training sees it."""
    finish: Finish = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A teacher's score and comment, as `burnish.fire.texts` reads them."""

    text: str
    """As it was written or generated."""
    score: float | None
    """0 to 10; None where the text has none that can be read."""
    comment: str
    thinking: str = ""
    """What the model thought before the text; neither the student nor the training sees it."""
    finish: Finish = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A response and the feedback to it."""

    response: Response
    feedback: Feedback


Ending: TypeAlias = Literal["satisfied", "longest", "no rise", "no score", ""]
"""Why a dialogue came to its end: a score at the threshold, the most turns, a score that does not rise, feedback
without a score; empty for a dialogue that was written elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A feedback-refinement dialogue (FIRE, section 3.1)."""

    id: str
    image: str
    """Content key of the picture in the run."""
    question: str
    answer: str
    """The ground truth."""
    turns: tuple[Turn, ...]
    source: str
    ended: Ending = ""
    facts: Facts = field(default_factory=dict)
    """What else is known: the scene of the pocket world, or what a file of dialogues says beside them (split, human
    ratings)."""
    replies: tuple[ReplyEnd, ...] = ()
    """What became of each reply that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge said of one answer, or of two."""

    id: str
    """The question's."""
    source: str
    """What the question belongs to: a benchmark, a data set, a task."""
    part: str = ""
    """Which of several judgements of the question: "run 2", "t=0.5", "blip2 | llava"."""
    asked: Mapping[str, str]
    """What stood in the places of the judge's prompt."""
    said: tuple[str, ...] = ()
    """Its reply, and where that could not be read a second one."""
    settled: str = ""
    """What stands for its reply where there was no answer to judge, by the benchmark's rule: it was not asked."""
    refused: str = ""
    """One sentence where the judge could not be asked; there is no reply then."""
    facts: Facts = field(default_factory=dict)
    """What the result needs beside it: the picture that intervals are clustered by, who is compared."""
    thinking: tuple[str, ...] = ()
    """What the judge thought before each of `said`; never read for a judgement."""
    replies: tuple[ReplyEnd, ...] = ()
    """What became of each reply that was asked for."""


Record: TypeAlias = PreferencePair | Prediction | Dialogue | Judgement | Dropped
"""What a run stores: exactly one record for each example that went in."""


def pictures_of(record: Record) -> tuple[str, ...]:
    """Content keys of all pictures that a record is about, in their order."""
    if isinstance(record, PreferencePair | Prediction):
        return record.images if record.image else ()
    return (record.image,) if isinstance(record, Dialogue) and record.image else ()
