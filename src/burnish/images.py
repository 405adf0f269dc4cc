"""Pictures as bytes and as pixels, opened with care: sizes are checked before anything is decoded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 50_000_000
"""The largest picture that is decoded (about 7,000 x 7,000); beyond it lie mistakes and decompression bombs."""
MAX_BYTES = 100_000_000
"""The largest file that is read."""

_MAGIC = (
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpg", 0, b"\xff\xd8\xff"),
    ("webp", 8, b"WEBP"),
    ("gif", 0, b"GIF8"),
    ("bmp", 0, b"BM"),
    ("tiff", 0, b"II*\0"),
    ("tiff", 0, b"MM\0*"),
    ("avif", 4, b"ftypavif"),
)
"""How the files of a format begin: the bytes that stand at an offset."""
EXTENSIONS = (*dict.fromkeys(extension for extension, _, _ in _MAGIC), "bin")
"""All that `extension` can return, the commonest first."""


def extension(data: bytes) -> str:
    """The file name extension that fits a picture's content, without a dot; "bin" for what has no known beginning."""
    for name, offset, magic in _MAGIC:
        if data.startswith(magic, offset):
            return name
    return "bin"


def read_inside(root: Path, relative: str) -> bytes:
    """The content of the file `relative` under `root`.

    Raises ImageError when the file is missing, too large, or (after links are followed) outside `root`.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ImageError("outside the root", f"{relative!r} points outside {root}: keep pictures under it.")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ImageError("file too large", f"{path} has {size:,} bytes, over the limit of {MAX_BYTES:,}.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ImageError("missing image", f"{path} is not there.") from error
    except (OSError, ValueError) as error:
        raise ImageError("unreadable image", f"{path} cannot be read: {error}.") from error


def decode(data: bytes) -> Image:
    """RGB pixels of an encoded picture, turned upright by its EXIF tag.

    Raises ImageError for what is no picture, is cut short, or is larger than MAX_PIXELS.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ImageError("too many pixels", f"The picture is {width} x {height}, over {MAX_PIXELS:,} pixels.")
            return ImageOps.exif_transpose(image).convert("RGB")
    except Image.DecompressionBombError as error:
        raise ImageError("too many pixels", f"The picture is a decompression bomb: {error}.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageError("broken image", f"The picture cannot be decoded: {error}.") from error


def encode_png(image: Image) -> bytes:
    """The picture as PNG file content, without loss."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()
