"""Mixtures of standard distortions: those of contrastive learning, and AutoAugment.

SeVa names them (figure 2) without parameters; these are the cited methods' own. Each begins with a resized crop
(see `geometry.ResizedCrop`). The methods blur pictures of 224 pixels, with sigma in 0.1 .. 2 pixels and a kernel
of 23; here both grow with the picture, so that it looks as blurred as theirs at any size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

from burnish.distort.geometry import resized_crop, square_side
from burnish.distort.parameters import choice, number, whole

if TYPE_CHECKING:
    from PIL.Image import Image


@final
@dataclass(frozen=True, slots=True)
class Moco:
    """MoCo v2 (Chen et al., 2020): resized crop of 0.2 to 1 of the area, colour jitter, grey, blur, flip."""

    name: ClassVar[str] = "moco"
    what: ClassVar[str] = "MoCo v2: crop, colours, blur, flip"

    def image(self, image: Image, seed: int) -> Image:
        """A square of about as many pixels as the picture."""
        from burnish.distort.augment import augment, kornia

        side = square_side(image)
        return augment(
            image,
            seed,
            kornia.augmentation.ColorJitter(0.4, 0.4, 0.4, 0.1, p=0.8),
            kornia.augmentation.RandomGrayscale(p=0.2),
            _blur(side, p=0.5),
            kornia.augmentation.RandomHorizontalFlip(p=0.5),
            first=resized_crop(side, (0.2, 1.0)),
        )


@final
@dataclass(frozen=True, slots=True)
class Byol:
    """BYOL (Grill et al., 2020): resized crop, flip, colour jitter, grey, blur, solarisation.

    View 1 always blurs and never solarises; view 2 blurs one picture in ten and solarises one in five.
    """

    name: ClassVar[str] = "byol"
    what: ClassVar[str] = "BYOL: crop, flip, colours, blur"
    view: int = whole(1, 1, 2)

    def image(self, image: Image, seed: int) -> Image:
        """A square of about as many pixels as the picture."""
        from burnish.distort.augment import augment, kornia

        side = square_side(image)
        p_blur, p_solarise = {1: (1.0, 0.0), 2: (0.1, 0.2)}[self.view]
        return augment(
            image,
            seed,
            kornia.augmentation.RandomHorizontalFlip(p=0.5),
            kornia.augmentation.ColorJitter(0.4, 0.4, 0.2, 0.1, p=0.8),
            kornia.augmentation.RandomGrayscale(p=0.2),
            _blur(side, p=p_blur),
            kornia.augmentation.RandomSolarize(thresholds=(0.5, 0.5), additions=(0.0, 0.0), p=p_solarise),
            first=resized_crop(side, (0.08, 1.0)),
        )


@final
@dataclass(frozen=True, slots=True)
class Simclr:
    """SimCLR (Chen et al., 2020): resized crop, flip, colour jitter of some `strength`, grey, blur."""

    name: ClassVar[str] = "simclr"
    what: ClassVar[str] = "SimCLR: crop, flip, colours, blur"
    strength: float = number(1.0, 0.0, 2.0)

    def image(self, image: Image, seed: int) -> Image:
        """A square of about as many pixels as the picture."""
        from burnish.distort.augment import augment, kornia

        side, s = square_side(image), self.strength
        return augment(
            image,
            seed,
            kornia.augmentation.RandomHorizontalFlip(p=0.5),
            kornia.augmentation.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s, p=0.8),
            kornia.augmentation.RandomGrayscale(p=0.2),
            _blur(side, p=0.5),
            first=resized_crop(side, (0.08, 1.0)),
        )


@final
@dataclass(frozen=True, slots=True)
class AutoAug:
    """AutoAugment (Cubuk et al., 2019), torchvision's: one of 25 learned pairs of steps; now and then neither acts.

    kornia's has no random sign, and mirrors the strengths of posterisation and solarisation.
    """

    name: ClassVar[str] = "autoaug"
    what: ClassVar[str] = "AutoAugment: a learned pair of steps"
    policy: str = choice("imagenet", "cifar10", "svhn")

    def image(self, image: Image, seed: int) -> Image:
        """The picture in its own size."""
        from torchvision.transforms import AutoAugment, AutoAugmentPolicy

        from burnish.distort.augment import on_picture

        return on_picture(image, seed, AutoAugment(AutoAugmentPolicy(self.policy)))


def _blur(side: int, *, p: float) -> Any:
    """A Gaussian blur for a square of `side` pixels; borders are repeated, so that a single pixel will do."""
    from burnish.distort.augment import kornia

    grown = side / 224
    kernel = 2 * math.ceil(11 * grown) + 1
    return kornia.augmentation.RandomGaussianBlur(
        (kernel, kernel), (0.1 * grown, 2.0 * grown), border_type="replicate", p=p
    )
