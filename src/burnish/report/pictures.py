"""Pictures inside a page: small copies as data URLs, the distorted ones made again from their seed."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from burnish.distort import parse, show
from burnish.images import decode
from burnish.records import PreferencePair
from burnish.store import Run

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 336
"""Pixels along the longer side of a picture in a page: what LLaVA-1.5 sees of it."""
SMALL = 128
"""Pictures up to this size are kept exactly, as PNG; larger ones become JPEG, some 30 kB each."""


class Thumbnail(NamedTuple):
    """A picture for an `img` element."""

    url: str
    small: bool
    """Whether its pixels are to be seen as they are, without smoothing."""


def thumbnail(path: Path) -> Thumbnail:
    """The picture in a file. Raises ImageError or OSError."""
    return _thumbnail(decode(path.read_bytes()))


def clean_thumbnail(run: Run, pair: PreferencePair) -> Thumbnail:
    """The picture that the chosen answer was given to. Raises RunError or ImageError."""
    return _thumbnail(decode(run.image(pair.image)))


def distorted_thumbnail(run: Run, pair: PreferencePair, index: int) -> Thumbnail:
    """The picture that rejected answer `index` was given to, made again from its distortion and seed."""
    rejected = pair.rejected[index]
    return _thumbnail(show(parse(rejected.distortion), decode(run.image(pair.image)), rejected.seed))


def _thumbnail(picture: Image) -> Thumbnail:
    picture = picture.convert("RGB")
    picture.thumbnail((LONGEST, LONGEST))
    small = max(picture.size) <= SMALL
    buffer = io.BytesIO()
    if small:
        picture.save(buffer, format="PNG")
    else:
        picture.save(buffer, format="JPEG", quality=85)
    kind = "png" if small else "jpeg"
    return Thumbnail(f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}", small)
