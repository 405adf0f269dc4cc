"""Distortions that change colours alone: inversion, grey and jitter, all kornia's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from burnish.distort.parameters import number

if TYPE_CHECKING:
    from PIL.Image import Image


@final
@dataclass(frozen=True, slots=True)
class Invert:
    """Turns every value v into 255 - v."""

    name: ClassVar[str] = "invert"
    what: ClassVar[str] = "the negative"

    def image(self, image: Image, seed: int) -> Image:
        """The negative."""
        from burnish.distort.augment import augment, kornia

        return augment(image, seed, kornia.augmentation.RandomInvert(p=1.0))


@final
@dataclass(frozen=True, slots=True)
class Grey:
    """Takes the colour out (luminance of ITU-R BT.601)."""

    name: ClassVar[str] = "grey"
    what: ClassVar[str] = "without colour"

    def image(self, image: Image, seed: int) -> Image:
        """The grey picture, still of three channels."""
        from burnish.distort.augment import augment, kornia

        return augment(image, seed, kornia.augmentation.RandomGrayscale(p=1.0))


@final
@dataclass(frozen=True, slots=True)
class Jitter:
    """Multiplies brightness by 1 ± `brightness` and turns the hue by up to `hue` of a full turn either way.

    The defaults are those of STIC's corruption (Deng et al., 2024), whose other half is `lowres`.
    """

    name: ClassVar[str] = "jitter"
    what: ClassVar[str] = "brightness and hue changed"
    brightness: float = number(0.5, 0.0, 1.0)
    hue: float = number(0.3, 0.0, 0.5)

    def image(self, image: Image, seed: int) -> Image:
        """The picture in other colours."""
        from burnish.distort.augment import augment, kornia

        return augment(image, seed, kornia.augmentation.ColorJitter(brightness=self.brightness, hue=self.hue, p=1.0))
