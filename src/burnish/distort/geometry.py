"""Distortions that move pixels: flip, crops and affine maps. SeVa gives no parameters (figure 2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from burnish.distort.parameters import number, span

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_SIDE = 1024
"""Side of the largest square that a resized crop makes: thrice LLaVA's, and a second's work for the mixtures."""


@final
@dataclass(frozen=True, slots=True)
class RandomFlip:
    """Mirrors left and right.

    SeVa's RandFlip is most likely the usual one of probability 0.5, which `flip:0.5` gives. The default is 1: a
    picture that was left as it is has the clean picture's answer, so its pair is filtered out, and 0.5 makes the
    same kind of pairs at twice the cost.
    """

    name: ClassVar[str] = "flip"
    what: ClassVar[str] = "left and right mirrored"
    probability: float = number(1.0, 0.0, 1.0)

    def image(self, image: Image, seed: int) -> Image:
        """The picture or its mirror image, in its own size."""
        if self.probability == 1:
            return _mirrored(image)
        from burnish.distort.augment import augment, kornia

        return augment(image, seed, kornia.augmentation.RandomHorizontalFlip(p=self.probability))


def _mirrored(image: Image) -> Image:
    """The same pixels as kornia's, without torch: the default, and so the one that is mostly sent to endpoints."""
    from PIL.Image import Transpose

    mirrored = image.convert("RGB").transpose(Transpose.FLIP_LEFT_RIGHT)
    mirrored.info.clear()  # a file's metadata are no part of what is distorted
    return mirrored


@final
@dataclass(frozen=True, slots=True)
class ResizedCrop:
    """Stretches a random part of the picture onto a square: area `scale` of it, sides in a ratio of 3/4 to 4/3.

    Contrastive learning resizes to the model's square input. Here the square has as many pixels as the picture
    (1024 x 1024 at most), and the processor brings it to the model's size, whichever that is.
    """

    name: ClassVar[str] = "rrcrop"
    what: ClassVar[str] = "a random part, resized to a square"
    scale: tuple[float, float] = span((0.2, 1.0), 0.01, 1.0)

    def image(self, image: Image, seed: int) -> Image:
        """A square of about as many pixels as the picture."""
        from burnish.distort.augment import on_picture

        return on_picture(image, seed, resized_crop(square_side(image), self.scale))


def resized_crop(side: int, scale: tuple[float, float]) -> Callable[[Image], Image]:
    """torchvision's, as contrastive learning has it: on the picture itself, antialiased where it shrinks."""
    from torchvision.transforms import RandomResizedCrop

    crop: Callable[[Image], Image] = RandomResizedCrop((side, side), scale=scale)
    return crop


@final
@dataclass(frozen=True, slots=True)
class Crop:
    """Keeps a window at a random place; `share` is that of each side, so 0.7 keeps half of the picture."""

    name: ClassVar[str] = "crop"
    what: ClassVar[str] = "a random window"
    share: float = number(0.7, 0.01, 1.0)

    def image(self, image: Image, seed: int) -> Image:
        """The window as it is: smaller than the picture, of the same aspect ratio."""
        from burnish.distort.augment import augment, kornia

        return augment(image, seed, kornia.augmentation.RandomCrop(_window(image, self.share), p=1.0))


@final
@dataclass(frozen=True, slots=True)
class CentreCrop:
    """Keeps the window in the middle; `share` is that of each side, so 0.7 keeps half of the picture."""

    name: ClassVar[str] = "centercrop"
    what: ClassVar[str] = "the middle"
    share: float = number(0.7, 0.01, 1.0)

    def image(self, image: Image, seed: int) -> Image:
        """The window as it is: smaller than the picture, of the same aspect ratio."""
        from burnish.distort.augment import augment, kornia

        return augment(image, seed, kornia.augmentation.CenterCrop(_window(image, self.share), p=1.0))


@final
@dataclass(frozen=True, slots=True)
class Affine:
    """Turns by up to `degrees` either way, shifts by up to a tenth of each side, scales by 0.8 to 1.2 and shears by
    up to 10 degrees; what comes from outside the picture is black."""

    name: ClassVar[str] = "affine"
    what: ClassVar[str] = "turned, shifted, scaled, sheared"
    degrees: float = number(30.0, 0.0, 180.0)

    def image(self, image: Image, seed: int) -> Image:
        """The picture moved about in its own size."""
        from burnish.distort.augment import augment, kornia

        move = kornia.augmentation.RandomAffine(self.degrees, translate=(0.1, 0.1), scale=(0.8, 1.2), shear=10.0, p=1.0)
        return augment(image, seed, move)


def square_side(image: Image) -> int:
    """Side of the square that has about as many pixels as the picture, but no more than LARGEST_SIDE."""
    return max(1, min(LARGEST_SIDE, round(math.sqrt(image.width * image.height))))


def _window(image: Image, share: float) -> tuple[int, int]:
    """Height and width of the window."""
    return max(1, round(image.height * share)), max(1, round(image.width * share))
