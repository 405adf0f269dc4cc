"""The distortions by name, and the grammar that joins them: `NAME[:VALUE[,VALUE…]][+NAME…]`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from burnish.distort import parameters
from burnish.distort.base import Distortion, ImagePart, PixelPart
from burnish.distort.colour import Grey, Invert, Jitter
from burnish.distort.geometry import Affine, CentreCrop, Crop, RandomFlip, ResizedCrop
from burnish.distort.mixtures import AutoAug, Byol, Moco, Simclr
from burnish.distort.noise import ImageNoise, Noise
from burnish.distort.quality import Jpeg, LowRes
from burnish.errors import DistortionError

PARTS: Mapping[str, type[Any]] = MappingProxyType(
    {
        part.name: part
        for part in (
            *(RandomFlip, ResizedCrop, Crop, CentreCrop, Affine),
            *(Invert, Grey, Jitter),
            *(AutoAug, Moco, Byol, Simclr),
            *(LowRes, Jpeg),
            *(Noise, ImageNoise),
        )
    }
)

FIGURE_2: Mapping[str, str] = MappingProxyType(
    {
        "RandFlip": "flip:1",
        "RRCrop": "rrcrop:0.2-1",
        "RandomCrop": "crop:0.7",
        "CenterCrop": "centercrop:0.7",
        "RandomAffine": "affine:30",
        "RandomInvert": "invert",
        "AutoAug": "autoaug:imagenet",
        "Diffusion-W": "noise:800",
        "Diffusion-S": "noise:999",
        "MOCO": "moco",
        "BYOL": "byol:1",
        "SimCLR": "simclr:1",
    }
)
"""SeVa's names (figure 2, in its order) and what they stand for here; `parse` knows these names too.

The paper gives no parameters. 800 steps for Diffusion-W are inferred from equal rows of its tables; those of
Diffusion-S are not stated, and 999, the strongest there is, is our choice.
"""

_SYNONYMS = {paper.lower(): spec for paper, spec in FIGURE_2.items() if paper.lower() not in PARTS} | {
    "randomresizedcrop": "rrcrop",
    "gray": "grey",
}


def names() -> tuple[str, ...]:
    """Every name that a specification can have."""
    return tuple(PARTS)


def usage() -> tuple[str, ...]:
    """How each distortion is written, such as `noise:STEPS`."""
    return tuple(parameters.usage(part) for part in PARTS.values())


def parse(spec: str) -> Distortion:
    """The distortion that `spec` describes, such as `noise:800` or `moco+noise:500`; case and blanks do not matter.

    Raises DistortionError for an unknown name, a value out of range, and a part that works on pictures after one
    that works on the model's pixels.
    """
    parts = tuple(_parse_part(text.strip(), spec) for text in spec.lower().split("+"))
    by_stage = sorted(parts, key=lambda part: isinstance(part, PixelPart))
    if list(parts) != by_stage:
        late = next(part for part, wanted in zip(parts, by_stage, strict=True) if part is not wanted)
        raise DistortionError(
            f"The distortion {spec} has {late.name} too early: it works on the model's pixels, after the processor, "
            f"so it must come last, as in {Distortion(tuple(by_stage))}."
        )
    return Distortion(parts)


def _parse_part(text: str, spec: str) -> ImagePart | PixelPart:
    name, colon, values = (_SYNONYMS.get(text) or text).partition(":")
    name = name.strip()
    part = PARTS.get(name)
    if part is None:
        raise DistortionError(f"{_complaint(name, spec)}: the names are {', '.join(PARTS)}.")
    made: ImagePart | PixelPart = part(**parameters.read(part, values if colon else None))
    return made


def _complaint(name: str, spec: str) -> str:
    if not name:
        return f"The distortion {spec!r} has an empty part (join names by +, as in moco+noise:500)"
    close = get_close_matches(name, [*PARTS, *_SYNONYMS], n=1)
    where = "" if name == spec else f" in {spec!r}"
    return f"There is no distortion {name!r}{where}" + (f" (did you mean {close[0]}?)" if close else "")
