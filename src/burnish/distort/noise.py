"""Diffusion noise, SeVa's default: on the model's normalised pixels, and an approximation on the picture itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from burnish.diffusion import STEPS, levels
from burnish.distort.parameters import whole

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from burnish.distort.base import PixelTransform

CLIP_SIDE = 336
"""Pixels along the side of LLaVA-1.5's input (CLIP ViT-L/14 at 336)."""


@final
@dataclass(frozen=True, slots=True)
class Noise:
    """`steps` steps of diffusion noise on the model's normalised pixels, unclamped (SeVa, section 4.1: 800 for 7B
    models, 500 for 13B).

    It is elementwise, so `pixel_values` of any shape will do: (C, H, W), the patches of LLaVA-NeXT, the flattened
    patches of Qwen-VL. The noise is drawn on the CPU, so that every device sees the same.
    """

    name: ClassVar[str] = "noise"
    what: ClassVar[str] = "diffusion noise on the model's pixels"
    steps: int = whole(800, 0, STEPS - 1)

    def pixels(self, seed: int) -> PixelTransform:
        """x -> sqrt(abar_t) x + sqrt(1 - abar_t) eps, with eps drawn in x's shape from a generator seeded `seed`."""
        import torch

        level = levels()[self.steps]

        def add(pixels: torch.Tensor) -> torch.Tensor:
            own = torch.Generator(device="cpu").manual_seed(seed)
            eps = torch.randn(pixels.shape, generator=own, dtype=torch.float32, device="cpu").to(pixels.device)
            return level.signal * pixels.float() + level.noise * eps

        return add


@final
@dataclass(frozen=True, slots=True)
class ImageNoise:
    """An approximation of `noise` that a picture file can hold, for servers.

    The picture's longer side is brought to `side` pixels, the model's own resolution, since noise on a finer grid
    would be averaged away by the server's processor. Then CLIP's normalisation, the noise, and back; what lies
    outside 0 .. 255 is clipped, which the true noise is not.
    """

    name: ClassVar[str] = "imagenoise"
    what: ClassVar[str] = "noise in the picture itself, clipped"
    steps: int = whole(800, 0, STEPS - 1)
    side: int = whole(CLIP_SIDE, 16, 4096)

    def image(self, image: Image, seed: int) -> Image:
        """The noisy picture, `side` pixels along its longer side."""
        from burnish.distort.augment import through_clip

        return through_clip(image, Noise(self.steps).pixels(seed), self.side)
