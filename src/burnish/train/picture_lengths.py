"""How many tokens a picture takes, found out before training without reading its pixels."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, final

from PIL import Image

from burnish.generation.questions import conversation
from burnish.images import encode_png
from burnish.models.base import Message
from burnish.models.local import LocalModel
from burnish.train.encode import AnswerEncoder

DOT = encode_png(Image.new("RGB", (1, 1)))
"""Stands for the picture where only the words of a prompt matter."""
_ORIENTATION = 0x0112  # the EXIF tag; 5 and above mean that width and height change places


@final
class Lengths:
    """Counts tokens of prompts as they are written, and of pictures, whose sizes are tried out once."""

    def __init__(self, encoder: AnswerEncoder) -> None:
        self._encoder = encoder
        self._of_sizes = lru_cache(maxsize=None)(self._try_sizes)

    def of_written(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt in which a picture is still one mark."""
        return len(self._encoder.tokens(self._encoder.encoder.prompt(messages)))

    def of_pictures(self, images: Sequence[bytes]) -> int:
        """Tokens that pictures (contents of files) add to the written prompt: processors look at their sizes alone.

        Without any, what is left: such as a begin token that the processor writes and the template does not.
        """
        return self._of_sizes(tuple(map(_upright_size, images)))

    def _try_sizes(self, sizes: tuple[tuple[int, int], ...]) -> int:
        messages = conversation("?", [encode_png(Image.new("RGB", size)) for size in sizes])
        return len(self._encoder.encoder.encode(messages)) - self.of_written(messages)


def picture_marks(model: LocalModel) -> Collection[int]:
    """The tokens whose places the model fills with pictures or films."""
    network: Any = model.model
    ids = (getattr(network.config, name, None) for name in ("image_token_id", "video_token_id"))
    return {token for token in ids if token is not None}


def _upright_size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture as `burnish.images.decode` turns it, from the head of its file."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        sideways = image.getexif().get(_ORIENTATION, 1) >= 5
    return (height, width) if sideways else (width, height)
