"""How a question is put, clean and distorted, and the flags that decide it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tyro

from burnish.distort import Distortion, parse
from burnish.errors import ConfigError
from burnish.generation.replicas import AskedModel
from burnish.generation.requests import Ask
from burnish.images import decode
from burnish.models import BuildRequest, Decoding, Message, Model, Request
from burnish.records import Example
from burnish.sources import ExampleStream


@dataclass(frozen=True, kw_only=True)
class Asking(AskedModel):
    """Which model is asked, and about which distorted copies of a picture."""

    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Also ask every question about the picture distorted in this way; repeat the flag for several."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.distortions  # noqa: B018 - it checks its values
        self.decoding  # noqa: B018 - it checks its values
        if self.model.startswith(("http://", "https://")):
            _refuse_pixel_noise(self.distortions, self.model)

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names."""
        return parse_distortions(self.distort)

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


def clean_request(example: Example) -> Request:
    """The example's question about its picture."""
    return Request(messages=(Message(role="user", text=example.question, images=(decode(example.image),)),))


def distorted_request(example: Example, distortion: Distortion, seed: int) -> Request:
    """The same question about the distorted picture."""
    picture = distortion.image(decode(example.image), seed)
    message = Message(role="user", text=example.question, images=(picture,))
    return Request(messages=(message,), pixel_transform=distortion.pixels(seed))


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
