"""What a distortion is: parts that work on a picture, then parts that work on the model's normalised pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, TypeGuard, final, runtime_checkable

from burnish.distort.parameters import write
from burnish.ids import stable_seed

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

PixelTransform: TypeAlias = "Callable[[torch.Tensor], torch.Tensor]"
"""Works on a processor's normalised `pixel_values` (float32, any leading axes, then C, H, W); keeps their shape."""


class Part(Protocol):
    """One named step of a distortion: a frozen dataclass whose fields are the parameters, in order."""

    name: ClassVar[str]
    """What stands in a specification: lower case, no `+`, `:` or `,`."""
    what: ClassVar[str]
    """What it does, in a few words, for the labels of a sheet."""


@runtime_checkable
class ImagePart(Part, Protocol):
    """A step that works on the picture itself, so that any backend can use it."""

    def image(self, image: Image, seed: int, /) -> Image:
        """The distorted RGB picture: a pure function of the two arguments."""
        ...


@runtime_checkable
class PixelPart(Part, Protocol):
    """A step that works on the model's normalised pixels, so that only a local model can use it."""

    def pixels(self, seed: int, /) -> PixelTransform:
        """The transform that `seed` stands for."""
        ...


def _on_picture(part: ImagePart | PixelPart) -> TypeGuard[ImagePart]:
    """As `isinstance` says, which takes longer for a Protocol than some distortions."""
    return hasattr(part, "image")


def _on_pixels(part: ImagePart | PixelPart) -> TypeGuard[PixelPart]:
    return hasattr(part, "pixels")


@final
@dataclass(frozen=True, slots=True)
class Distortion:
    """SeVa's T (algorithm 1), made by `burnish.distort.parse`: its parts act from left to right.

    Everything it does is a pure function of its input and the seed: the same bytes at every call, in any order,
    thread, batch or process, with no global random state read or changed.
    """

    parts: tuple[ImagePart | PixelPart, ...]
    """At least one; those on normalised pixels come last."""

    @property
    def spec(self) -> str:
        """The canonical specification, every parameter written out: `flip` is `flip:1`, `.50` is `0.5`.

        Parsing it gives an equal distortion, so records and fingerprints do not change when a default does.
        """
        return "+".join(write(part) for part in self.parts)

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return ", then ".join(part.what for part in self.parts)

    @property
    def in_pixels(self) -> bool:
        """Whether a part of it needs the model's normalised pixels, which no server takes."""
        return any(map(_on_pixels, self.parts))

    def image(self, image: Image, seed: int) -> Image:
        """The picture after the parts that work on pictures; `image` itself when there are none.

        Some parts change the picture's size (see each); none looks at the model's, whose processor resizes anyway.
        """
        for part, own_seed in self._seeded(seed):
            if _on_picture(part):
                image = part.image(image, own_seed)
        return image

    def pixels(self, seed: int) -> PixelTransform | None:
        """What is left to do on the normalised pixels of one request, or None."""
        transforms = [part.pixels(own_seed) for part, own_seed in self._seeded(seed) if _on_pixels(part)]
        if not transforms:
            return None

        def apply(pixels: torch.Tensor) -> torch.Tensor:
            for transform in transforms:
                pixels = transform(pixels)
            return pixels

        return apply

    def _seeded(self, seed: int) -> list[tuple[ImagePart | PixelPart, int]]:
        """Each part with its seed: the first has the given one, the others their own, lest two draw alike."""
        return [(part, stable_seed(seed, i) if i else seed) for i, part in enumerate(self.parts)]

    def __str__(self) -> str:
        return self.spec
