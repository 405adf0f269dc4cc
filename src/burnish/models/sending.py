"""How pictures go to an endpoint: as the file's own bytes where nothing was done to it, else encoded anew."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from burnish.errors import ConfigError
from burnish.images import encode_jpeg, encode_png_to_send, own_file

if TYPE_CHECKING:
    from PIL.Image import Image

_FORM = re.compile(r"png|jpeg:(?P<quality>\d{1,3})")
LEAST_SIDE = 16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What `--send` and `--send-side` ask for."""

    jpeg_quality: int | None = None
    """Encode as JPEG what would go as PNG."""
    longest_side: int | None = None
    """In pixels; larger pictures are made smaller."""

    @classmethod
    def parse(cls, send: str | None, send_side: int | None) -> Sending:
        """From the two flags. Raises ConfigError."""
        form = _FORM.fullmatch(send or "png")
        quality = int(form["quality"]) if form and form["quality"] else None
        if form is None or (quality is not None and not 1 <= quality <= 100):
            raise ConfigError(
                f"--send {send} is not a way to send pictures: give png, or jpeg:90 (a quality from 1 to 100)."
            )
        if send_side is not None and send_side < LEAST_SIDE:
            raise ConfigError(f"--send-side must be at least {LEAST_SIDE} pixels, not {send_side}.")
        return cls(jpeg_quality=quality, longest_side=send_side)

    def data_url(self, image: Image) -> str:
        """The picture as `data:image/…;base64,…`."""
        kind, data = self._file(image)
        return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"

    def _file(self, image: Image) -> tuple[str, bytes]:
        if self.longest_side is not None and max(image.size) > self.longest_side:
            image = _smaller(image, self.longest_side)
        own = own_file(image)
        if own and (self.jpeg_quality is None or own.kind != "png"):
            return own.kind, own.data
        if self.jpeg_quality is not None:
            return "jpeg", encode_jpeg(image, self.jpeg_quality)
        return "png", encode_png_to_send(image)


def _smaller(image: Image, side: int) -> Image:
    from PIL.Image import Resampling

    scale = side / max(image.size)
    return image.resize([max(1, round(scale * length)) for length in image.size], Resampling.LANCZOS)


AS_THEY_ARE = Sending()
"""The default: nothing is lost."""
