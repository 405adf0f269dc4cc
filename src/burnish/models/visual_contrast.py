"""Visual contrastive decoding (VCD, Leng et al., arXiv 2311.16922): answers by two readings of a prompt, one of them
about a distorted picture.

What a model says of a picture that it can hardly see comes from its habits; what it says of the picture itself, from
both. So at every token the scores under the distorted picture are subtracted from those under the picture. Both
readings stand in one batch, each with its own keys and values, and go on with the token that was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch

from burnish.ids import content_key, stable_seed
from burnish.models.base import Contrast, PixelTransform, Request
from burnish.models.continuous_batching import ReadPrompts, Streams
from burnish.models.prefix import Prefix
from burnish.models.queue import Task


def contrast_logits(clean_BV: torch.Tensor, distorted_BV: torch.Tensor, *, alpha: float, beta: float) -> torch.Tensor:
    """The paper's contrast, (1 + alpha) * clean - alpha * distorted, and its adaptive plausibility constraint.

    Tokens less likely than `beta` times the likeliest on the picture itself get minus infinity: of them the difference
    says little, and may be large.
    """
    least_B1 = clean_BV.max(dim=-1, keepdim=True).values + (math.log(beta) if beta else -math.inf)
    contrasted_BV = (1 + alpha) * clean_BV - alpha * distorted_BV
    return contrasted_BV.masked_fill(clean_BV < least_B1, -math.inf)


def contrasted(contrast: Contrast) -> Streams:
    """Two readings a task, the clean one first."""

    def combine(logits_BV: torch.Tensor) -> torch.Tensor:
        return contrast_logits(logits_BV[0::2], logits_BV[1::2], alpha=contrast.alpha, beta=contrast.beta)

    return Streams(2, combine)


def distorted(request: Request, contrast: Contrast) -> Request:
    """The request about its distorted pictures: the same for the same pictures, whatever is asked about them.

    What distorts the request's own pixels already comes first.
    """
    pictures = [content_key(image.tobytes()) for message in request.messages for image in message.images]
    seed = stable_seed(contrast.seed, contrast.distortion.spec, *pictures)
    messages = tuple(
        replace(message, images=tuple(contrast.distortion.image(image, seed) for image in message.images))
        for message in request.messages
    )
    transform = _chained(request.pixel_transform, contrast.distortion.pixels(seed))
    # what was read of this picture is not what was read of that one
    conversation = f"{request.conversation} by contrast" if request.conversation else ""
    return replace(request, messages=messages, pixel_transform=transform, conversation=conversation)


def joined(tasks: Iterator[Task]) -> Iterator[Task]:
    """One task for both readings of each request; those of which only one can be read, were refused."""
    clean: Task | None = None
    for task in tasks:
        if task.variant == 0:
            clean = task
        elif clean is not None and clean.request == task.request:
            yield replace(clean, against=task)


def both_readings(read: ReadPrompts) -> ReadPrompts:
    """Reads each task's prompt and, behind it, the one that it is set against."""

    def read_both(tasks: Sequence[Task]) -> Prefix:
        return read([reading for task in tasks for reading in (task, task.against) if reading is not None])

    return read_both


def _chained(first: PixelTransform | None, second: PixelTransform | None) -> PixelTransform | None:
    if first is None or second is None:
        return first or second
    return partial(_one_after_another, first, second)


def _one_after_another(first: PixelTransform, second: PixelTransform, pixels: torch.Tensor) -> torch.Tensor:
    return second(first(pixels))
