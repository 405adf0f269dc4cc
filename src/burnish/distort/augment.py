"""torchvision's transforms of pictures, kornia's of tensors, with a random generator of their own, and CLIP's pixels.

Both draw from torch's global generator. `_OwnDraws` hands every drawing function a generator of its own
instead: it is bound to the thread it is entered in, so distortions neither disturb nor notice anybody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import kornia.augmentation
import numpy as np
import torch
from PIL import Image as Images
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from PIL.Image import Image

    from burnish.distort.base import PixelTransform

__all__ = ["augment", "kornia", "on_picture", "through_clip"]

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

_DRAWS = frozenset(
    {torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli, torch.multinomial}
    | {torch.Tensor.uniform_}
)


def on_picture(image: Image, seed: int, step: Callable[[Image], Image]) -> Image:
    """The picture after one of torchvision's transforms, drawn from a generator seeded `seed`."""
    _keep_to_this_thread()
    with _OwnDraws(seed):
        made = step(image.convert("RGB"))
    made.info.clear()  # a file's metadata are no part of what is distorted
    return made


def augment(
    image: Image,
    seed: int,
    *steps: Callable[[torch.Tensor], torch.Tensor],
    first: Callable[[Image], Image] | None = None,
) -> Image:
    """The picture after kornia augmentations (on 1, 3, H, W in 0 .. 1), drawn from a generator seeded `seed`, which the
    `first` step draws from before them: one of torchvision's, on the picture itself.

    Tensors are computed in double precision, so that the rounded bytes do not depend on the number of threads.
    """
    _keep_to_this_thread()
    with torch.no_grad(), _OwnDraws(seed):
        pixels_1CHW = _tensor(first(image.convert("RGB")) if first else image, torch.float64)[None]
        for step in steps:
            pixels_1CHW = step(pixels_1CHW)
    return _picture(pixels_1CHW[0])


def through_clip(image: Image, transform: PixelTransform, side: int) -> Image:
    """A transform of normalised pixels as a picture: resized, normalised, transformed, brought back and clipped.

    The longer side of the result has `side` pixels; the means and deviations are CLIP's.
    """
    _keep_to_this_thread()
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    pixels_CHW = _tensor(image.convert("RGB").resize(size, Images.Resampling.BICUBIC), torch.float32)
    mean, std = (torch.tensor(values)[:, None, None] for values in (CLIP_MEAN, CLIP_STD))
    return _picture(transform((pixels_CHW - mean) / std) * std + mean)


def _keep_to_this_thread() -> None:
    """Beside the main thread, torch takes no others: they would only wait for the processors that calls are made on."""
    if threading.current_thread() is not threading.main_thread() and torch.get_num_threads() > 1:
        torch.set_num_threads(1)


class _OwnDraws(TorchFunctionMode):
    """Within it, and in its thread alone, torch's random functions draw from a generator seeded `seed`."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator(device="cpu").manual_seed(seed)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if func in _DRAWS:
            given["generator"] = self._generator
        return func(*args, **given)


def _tensor(image: Image, dtype: torch.dtype) -> torch.Tensor:
    """RGB pixels (3, H, W) in 0 .. 1."""
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).to(dtype) / 255


def _picture(pixels_CHW: torch.Tensor) -> Image:
    """The RGB picture of values that are clipped to 0 .. 1.

    Halves are common (the mean of two neighbours) and come out a last digit above or below, as threads share the
    work: the nudge sends them all upwards.
    """
    rounded = (pixels_CHW.double().clamp(0, 1) * 255 + (0.5 + 1e-9)).floor().to(torch.uint8)
    return Images.fromarray(rounded.permute(1, 2, 0).contiguous().numpy())
