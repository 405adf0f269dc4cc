"""Pictures as bytes and as pixels, opened with care: sizes are checked before anything is decoded."""

from __future__ import annotations

import io
import stat
import struct
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from burnish.errors import ImageError
from burnish.plain_files import read_plain

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 50_000_000
"""The largest picture that is decoded (about 7,000 x 7,000); beyond it lie mistakes and decompression bombs."""
MAX_BYTES = 100_000_000
"""The largest file that is read."""
MAX_ASPECT = 200
"""The longest side over the shortest. Processors scale the *shortest* side to the model's size: a strip of
1 x 50,000 pixels, small as it is, would grow to gigabytes there."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What is decoded, AVIF where this Pillow can. Pillow knows many more, some of which run other programs (EPS runs
Ghostscript)."""

_DECODE_ERRORS = (OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error)
"""What Pillow raises for broken files: all but the arithmetic and look-up errors, which guard against other
versions, came up when valid files were damaged at random."""
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_QUIET = threading.Lock()
"""Filters of warnings belong to the whole process: two threads that set them at once would leave them set."""


def read_inside(root: Path, relative: str) -> bytes:
    """The content of the file `relative` under `root`.

    Raises ImageError when the file is missing, too large, no plain file, or (after links are followed) outside
    `root`; or when `relative` is a web address.
    """
    if relative.lower().startswith(("http://", "https://")):
        raise ImageError(
            "web address", f"{relative!r} is a web address, not a file: download the pictures, and give their paths."
        )
    try:
        path = (root / relative).resolve()
        inside = path.is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError) as error:  # a name too long, with a NUL, or links in a circle
        raise ImageError("unreadable image", f"{relative!r} cannot be the name of a file: {error}.") from error
    if not inside:
        raise ImageError("outside the root", f"{relative!r} points outside {root}: keep pictures under it.")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise ImageError("missing image", f"{root / relative} is not a file.")
        if status.st_size > MAX_BYTES:
            raise ImageError("file too large", f"{root / relative} has more than {MAX_BYTES:,} bytes.")
        return read_plain(path, most_bytes=MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImageError("missing image", f"{root / relative} is not there.") from error
    except OSError as error:
        raise ImageError("unreadable image", f"{root / relative} cannot be read: {error.strerror}.") from error


def decode(data: bytes) -> Image:
    """RGB pixels of an encoded picture: turned upright by its EXIF tag, transparent parts over white.

    Of an animation this is the first frame. Raises ImageError for what is not a picture of FORMATS, is cut short, or
    exceeds MAX_PIXELS or MAX_ASPECT.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    _refuse_other_kinds(data)
    try:
        # Pillow warns of sizes that are checked here anyway, and of odd metadata that harms no pixel.
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_formats()) as image:
                _check_size(*image.size)
                plain = _is_plain(image)
                picture = _to_rgb(ImageOps.exif_transpose(image))
                if plain:
                    setattr(picture, _OWN, OwnFile(_SENDABLE[str(image.format)], data))
                return picture
    except Image.DecompressionBombError as error:
        raise ImageError("too many pixels", f"The picture has over {MAX_PIXELS:,} pixels.") from error
    except UnidentifiedImageError as error:  # its own text holds an address in memory: never the same twice
        raise ImageError(
            "broken image", f"The file is not a picture of a known kind ({', '.join(FORMATS)})."
        ) from error
    except _DECODE_ERRORS as error:
        raise ImageError("broken image", f"The picture cannot be decoded: {error}.") from error


class OwnFile(NamedTuple):
    """A file whose pixels, decoded by anyone, are the picture's."""

    kind: str
    """As in `image/png`."""
    data: bytes


_SENDABLE = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp"}
"""Formats that every endpoint reads."""
_SAME_TO_ALL = ("RGB", "L", "P", "1")
"""Modes that every program turns into the same RGB; CMYK and 16-bit grey are none."""
_UPRIGHT = (None, 1)
_ORIENTATION = 0x0112
_OWN = "burnish_own_file"
"""An attribute of a picture as it was decoded. What is made of the picture, a copy included, is without it."""


def own_file(image: Image) -> OwnFile | None:
    """The file that `decode` read the picture from; None where the picture is not just what stands in its file: turned
    upright, laid over white, of a kind or mode that programs read differently, or made from another picture.
    """
    own: OwnFile | None = getattr(image, _OWN, None)
    return own


def _is_plain(image: Image) -> bool:
    return (
        image.format in _SENDABLE
        and image.mode in _SAME_TO_ALL
        and not image.has_transparency_data
        and not getattr(image, "is_animated", False)
        and image.getexif().get(_ORIENTATION) in _UPRIGHT
    )


def encode_jpeg(image: Image, quality: int) -> bytes:
    """The picture as JPEG file content; `quality` is 1 to 100."""
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


@cache
def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow knows."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _refuse_other_kinds(data: bytes) -> None:
    """Raise ImageError for what often stands where a picture should, naming it as what it is."""
    begin = data[:256].lstrip().lower()
    if not data:
        raise ImageError("broken image", "The file is empty.")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        raise ImageError(
            "HEIC image", "The file is a HEIC picture, which Burnish does not read: save it as JPEG or PNG."
        )
    if begin.startswith(b"version https://git-lfs.github.com/spec/"):
        raise ImageError(
            "Git LFS pointer", "The file is only a pointer of Git LFS: fetch the picture with `git lfs pull`."
        )
    if begin.startswith((b"<!doctype html", b"<html")):
        raise ImageError(
            "HTML page", "The file is an HTML page, as a failed download leaves it: fetch the picture again."
        )
    if begin.startswith((b"http://", b"https://")):
        raise ImageError("web address", "The file holds a web address: download the picture that it names.")


def encode_png(image: Image) -> bytes:
    """The picture as PNG file content, without loss."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def encode_png_to_send(image: Image) -> bytes:
    """The same, in a third of the time and hardly larger: only equal neighbours are packed together."""
    from PIL.Image import RLE

    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_type=RLE)
    return buffer.getvalue()


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError("too many pixels", f"The picture is {width} x {height}, over {MAX_PIXELS:,} pixels.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError("too narrow", f"The picture is {width} x {height}, over {MAX_ASPECT} to 1.")


def _to_rgb(image: Image) -> Image:
    """Pillow's own conversion shows hidden colours under transparency, and turns 16-bit grey into white."""
    from PIL import Image

    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode in ("I", "F"):
        image = _from_wide_grey(image)
    return image.convert("RGB")


def _from_wide_grey(image: Image) -> Image:
    """Grey of 32 bits, whose scale no file tells: from 0 to 1 (floating point only), to 255 or to 65,535.

    Raises ImageError for other values.
    """
    import numpy as np
    from PIL import Image

    values_HW = np.asarray(image)
    low, high = float(values_HW.min()), float(values_HW.max())
    scales = (1.0, 255.0, 65_535.0) if image.mode == "F" else (255.0, 65_535.0)
    scale = next((scale for scale in scales if 0 <= low <= high <= scale), None)
    if scale is None:
        raise ImageError(
            "unknown scale",
            f"The picture has grey values from {low:g} to {high:g}, which do not say which is black and which is "
            "white: save it as PNG of 8 or 16 bits.",
        )
    return Image.fromarray(np.round(values_HW * (255 / scale)).astype(np.uint8))
