"""Pictures inside tables, in every form that people store them in: bytes, base64, data URLs, paths, lists of these."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from burnish.errors import ImageError, LineError
from burnish.sources.fields import kind_of
from burnish.sources.remote import Root, read_picture
from burnish.sources.which import Which, chosen

MISSING = "missing image"
_DATA = "data:"
_LONGEST_PATH = 1024
"""Characters of a text that may still be a path; one that is longer is base64."""


def pictures_bytes(value: object, root: Root, which: Which) -> tuple[bytes, ...]:
    """The file contents of the pictures in a table's cell: those of a list that are chosen.

    `root` is the folder that paths are relative to. Raises ImageError for none, for several where none is chosen, and
    for what is not a picture.
    """
    if not isinstance(value, list | tuple):
        return (picture_bytes(value, root),)
    try:
        pictures = chosen(value, which)
    except LineError as error:
        raise ImageError(error.reason, f"It {error}.") from error
    return tuple(picture_bytes(one, root) for one in pictures) or (picture_bytes(None, root),)


def picture_bytes(value: object, root: Root) -> bytes:
    """The file content of one picture. Raises ImageError for none, and for what is not a picture."""
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if value is None or value in ("", b"", []):
        raise ImageError(MISSING, "There is no picture.")
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return _of_text(value, root)
    raise ImageError("broken image", f"A {kind_of(value)} is not a picture.")


def _of_text(text: str, root: Root) -> bytes:
    if text.startswith(_DATA):
        return _decoded(text.partition(",")[2], "The data URL")
    if len(text) <= _LONGEST_PATH:
        try:
            return read_picture(root, text)
        except ImageError:
            if (data := _maybe(text)) is None:
                raise
            return data
    return _decoded(text, "The text")


def _maybe(text: str) -> bytes | None:
    """A short text that is base64 of a picture after all, as its first bytes tell; else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")) else None


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError("broken image", f"{what} is not base64: {error}.") from error
