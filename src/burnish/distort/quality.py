"""Distortions that lose detail, as those who build negatives on STIC ask for: low resolution and JPEG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from burnish.distort.parameters import whole

if TYPE_CHECKING:
    from PIL.Image import Image


@final
@dataclass(frozen=True, slots=True)
class LowRes:
    """Shrinks the shorter side to `side` pixels and stretches the picture back (bicubic); smaller ones stay.

    STIC (Deng et al., 2024) shrinks to 20 pixels and leaves the rest to the processor. Going back to the full size
    looks the same to a model of fixed resolution and keeps the number of image tokens of any other.
    """

    name: ClassVar[str] = "lowres"
    what: ClassVar[str] = "few pixels, stretched back"
    side: int = whole(20, 1, 4096)

    def image(self, image: Image, _seed: int) -> Image:
        """The coarse picture in its own size, the same at every seed."""
        from PIL.Image import Resampling

        clean = image.convert("RGB")
        if min(clean.size) <= self.side:
            return clean
        shrink = self.side / min(clean.size)
        small = (max(1, round(clean.width * shrink)), max(1, round(clean.height * shrink)))
        return clean.resize(small, Resampling.BICUBIC).resize(clean.size, Resampling.BICUBIC)


@final
@dataclass(frozen=True, slots=True)
class Jpeg:
    """Compresses as JPEG of some `quality` (Pillow's scale) and decodes again.

    Another libjpeg may round otherwise: here alone the bytes are those of the installed Pillow.
    """

    name: ClassVar[str] = "jpeg"
    what: ClassVar[str] = "compressed as JPEG"
    quality: int = whole(10, 1, 100)

    def image(self, image: Image, _seed: int) -> Image:
        """The picture with JPEG's blocks, in its own size, the same at every seed."""
        from PIL import Image

        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, format="JPEG", quality=self.quality)
        with Image.open(buffer) as compressed:
            return compressed.convert("RGB")
