"""How a question is put, clean and distorted, and the flags that decide it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import tyro

from burnish.config import added
from burnish.distort import Distortion, parse
from burnish.errors import ConfigError
from burnish.generation.replicas import AskedModel
from burnish.generation.requests import Ask
from burnish.images import decode
from burnish.models import BuildRequest, Decoding, Message, Model, Request
from burnish.records import Dropped, Example
from burnish.sources import ExampleStream

if TYPE_CHECKING:
    from PIL.Image import Image

ALL = "all"
MessageRole: TypeAlias = Literal["system", "user", "assistant"]
_ROLES: Mapping[str, MessageRole] = {"system": "system", "user": "user", "assistant": "assistant"}


@dataclass(frozen=True, kw_only=True)
class Asking(AskedModel):
    """Which model is asked, and about which distorted copies of a picture."""

    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Also ask every question about the picture distorted in this way; repeat the flag for several."""
    distort_image: str = added(ALL)
    """Where a question is about several pictures, the number of the one to distort, from 1; the others stay as they
    are. Default: all of them are distorted."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.distortions  # noqa: B018 - it checks its values
        self.decoding  # noqa: B018 - it checks its values
        self.distorted_image  # noqa: B018 - it checks its value
        if self.model.startswith(("http://", "https://")):
            _refuse_pixel_noise(self.distortions, self.model)

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names."""
        return parse_distortions(self.distort)

    @property
    def distorted_image(self) -> int:
        """Number of the one picture to distort; 0 for all."""
        number = self.distort_image
        if number != ALL and not (number.isascii() and number.isdecimal() and int(number) > 0):
            raise ConfigError(f"--distort-image must be all, or the number of a picture from 1, not {number}.")
        return 0 if number == ALL else int(number)

    @property
    def decoding(self) -> Decoding:
        """How answers are generated: greedily."""
        return Decoding(max_new_tokens=self.max_new_tokens)


def parse_distortions(specs: Sequence[str]) -> tuple[Distortion, ...]:
    """The distortions that the `--distort` flags name. Raises ConfigError for one that is given twice."""
    distortions = tuple(parse(spec) for spec in specs)
    names = [distortion.spec for distortion in distortions]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"--distort {min(repeated)} is given twice: name each distortion once.")
    return distortions


def _refuse_pixel_noise(distortions: Sequence[Distortion], address: str) -> None:
    for distortion in distortions:
        if distortion.in_pixels:
            instead = re.sub(r"(?<![^+])noise:", "imagenoise:", distortion.spec)
            raise ConfigError(
                f"--distort {distortion.spec} is noise in a model's own pixel space, and the endpoint {address} takes "
                f"only pictures: use --distort {instead}, its approximation on the picture itself, or a local model."
            )


PictureBytes: TypeAlias = bytes | Sequence[bytes]
"""The file content of one picture (empty: of none), or the contents of several."""


def each(pictures: PictureBytes) -> Sequence[bytes]:
    """The contents one by one."""
    if isinstance(pictures, bytes):
        return [pictures] if pictures else []
    return pictures


def conversation(question: str, pictures: PictureBytes, before: Sequence[Sequence[str]] = ()) -> tuple[Message, ...]:
    """What an answer ends, the same in training as when answers are generated.

    `before` are speakers and texts of earlier messages: the pictures stand in the first of the user's.
    """
    messages = [Message(role=_ROLES[speaker], text=text) for speaker, text in (*before, ("user", question))]
    first = next(place for place, message in enumerate(messages) if message.role == "user")
    messages[first] = replace(messages[first], images=tuple(map(decode, each(pictures))))
    return tuple(messages)


def distorted(messages: Iterable[Message], distortion: Distortion, seed: int, number: int = 0) -> Request:
    """The conversation about the distorted pictures, or with the one of this `number`, from 1, distorted."""
    changed, place = [], 0
    for message in messages:
        images: list[Image] = []
        for image in message.images:
            place += 1
            images.append(distortion.image(image, seed) if number in (0, place) else image)
        changed.append(replace(message, images=tuple(images)))
    transform = distortion.pixels(seed)
    return Request(messages=tuple(changed), pixel_transform=transform, transformed_image=number)


def clean_request(example: Example) -> Request:
    """The example's question about its pictures, behind the messages before it."""
    return Request(messages=conversation(example.question, example.images, example.before))


def distorted_request(example: Example, distortion: Distortion, seed: int, number: int = 0) -> Request:
    """The same about distorted pictures: all of them, or the one of this `number` from 1."""
    return distorted(clean_request(example).messages, distortion, seed, number)


def without_picture(example: Example, number: int, replies: int = 1) -> list[Dropped]:
    """In the place of so many replies, where the picture that is to be distorted is not there; else nothing."""
    if number <= len(example.images):
        return []
    detail = f"It has {len(example.images)} pictures, and --distort-image asks for number {number}."
    return [Dropped(id=example.id, source=example.source, reason="no picture to distort", detail=detail)] * replies


def asks(model: Model, calls: Iterable[tuple[BuildRequest, Decoding]], *, scored: bool = False) -> list[Ask]:
    """What a model is asked about one example, all of it at once; `scored` is as `Ask` has it."""
    return [
        Ask(f"reply {number}", model, build, decoding, scored)
        for number, (build, decoding) in enumerate(calls, start=1)
    ]


def fingerprints(model: Model, inputs: ExampleStream) -> dict[str, str]:
    """Hex digests, by name, of what decides the answers beside the configuration."""
    return {
        "model": model.fingerprint,
        "template": model.template_fingerprint,
        "source": inputs.fingerprint,
    }
