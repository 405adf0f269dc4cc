"""The file name extension that fits a picture's content, so that other programs open what a run keeps."""

from __future__ import annotations

_BEGINNINGS = (
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpg", 0, b"\xff\xd8\xff"),
    ("webp", 8, b"WEBP"),
    ("gif", 0, b"GIF8"),
    ("bmp", 0, b"BM"),
    ("tiff", 0, b"II*\0"),
    ("tiff", 0, b"MM\0*"),
    ("ppm", 0, b"P6"),
    ("avif", 4, b"ftypavif"),
)
"""The bytes that stand at an offset in every file of a format."""
EXTENSIONS = (*dict.fromkeys(extension for extension, _, _ in _BEGINNINGS), "bin")
"""All that `extension_of` can return, the commonest first."""


def extension_of(data: bytes) -> str:
    """The extension without a dot; "bin" for what begins like no known format."""
    for extension, offset, magic in _BEGINNINGS:
        if data.startswith(magic, offset):
            return extension
    return "bin"
