"""Pictures inside a page: small copies as data URLs, the distorted ones made again from their seed."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from burnish.distort import parse, show
from burnish.errors import ImageError, RunError
from burnish.images import decode
from burnish.plain_files import read_plain
from burnish.progress import tracked
from burnish.report.cards import PictureOf
from burnish.store import Run

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 336
"""Pixels along the longer side of a picture in a page: what LLaVA-1.5 sees of it."""
SMALL = 128
"""Pictures up to this size are kept exactly, as PNG; larger ones become WebP, some 12 kB each."""
_SIDES = (336, 256, 192, 160, 128, 96, 72, 56)
"""Sides that are tried, one after the other, until all pictures of a page fit."""


class ShownPicture(NamedTuple):
    """A picture for an `img` element."""

    url: str
    small: bool = False
    """Whether its pixels are to be seen as they are, without smoothing."""
    trouble: str = ""
    """Why there is nothing to see."""


def thumbnail(path: Path) -> ShownPicture:
    """The picture in a file. Raises ImageError or OSError."""
    return _shown(encoded(decode(read_plain(path))))


def album(wanted: Sequence[tuple[Run, PictureOf]], most_bytes: int) -> Mapping[tuple[Path, PictureOf], ShownPicture]:
    """Thumbnails as large as lets all of them together, as URLs, stay below `most_bytes`; by run and picture.

    A picture counts as often as it is wanted. One that is missing or damaged is shown by what is wrong with it.
    """
    times = Counter((run.path, of) for run, of in wanted)
    progress = tracked(dict.fromkeys(wanted), "pictures", len(times), unit="pictures")
    files, missing = dict[tuple[Path, PictureOf], bytes](), dict[tuple[Path, PictureOf], ShownPicture]()
    for run, of in progress:
        try:
            files[run.path, of] = encoded(drawn(run, of))
        except (RunError, ImageError) as error:
            missing[run.path, of] = ShownPicture("", trouble=str(error))
    side = LONGEST
    while side > _SIDES[-1]:
        room = most_bytes / max(1, sum(times[key] * len(data) for key, data in files.items()) * 4 // 3)
        if room >= 1:
            break
        smaller = [one for one in _SIDES if one < side]
        # Bytes fall slower than the area does: the first that could be small enough is not too small.
        side = next((one for one in smaller if (one / side) ** 2 <= room), smaller[-1])
        files = {key: encoded(decode(data), side) for key, data in files.items()}
    return {key: _shown(data) for key, data in files.items()} | missing


def drawn(run: Run, of: PictureOf) -> Image:
    """The picture of a run, distorted as it was. Raises RunError or ImageError."""
    picture = decode(run.image(of.key))
    return show(parse(of.distortion), picture, of.seed) if of.distortion else picture


def encoded(picture: Image, side: int = LONGEST) -> bytes:
    """The picture as a small file, at most `side` pixels along its longer side."""
    picture = picture.convert("RGB")
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    if max(picture.size) <= SMALL < side:
        picture.save(buffer, format="PNG")
    else:
        picture.save(buffer, format="WEBP", quality=75)
    return buffer.getvalue()


def _shown(data: bytes) -> ShownPicture:
    small = data.startswith(b"\x89PNG")
    return ShownPicture(f"data:image/{'png' if small else 'webp'};base64,{base64.b64encode(data).decode()}", small)
