"""The picture that a person should see for a record's distortion and seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.distort.base import Distortion
from burnish.distort.noise import CLIP_SIDE

if TYPE_CHECKING:
    from PIL.Image import Image


def show(distortion: Distortion, image: Image, seed: int, side: int | None = None) -> Image:
    """The distorted picture, and for a distortion of the model's pixels a picture of it.

    Normalised pixels cannot be seen: they are shown through CLIP's normalisation, clipped, `side` pixels along the
    longer side (by default LLaVA-1.5's 336, or the picture's own where that is smaller). Where the model's input
    has the same size, the noise shown is the very noise it got.
    """
    picture = distortion.image(image, seed)
    transform = distortion.pixels(seed)
    if transform is None:
        return picture
    from burnish.distort.augment import through_clip

    return through_clip(picture, transform, side or min(CLIP_SIDE, max(picture.size)))
