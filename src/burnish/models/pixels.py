"""Distortions in a model's normalised pixel space, whatever shape its processor gives `pixel_values`."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any, NamedTuple

import torch

from burnish.errors import ModelError
from burnish.models.base import PixelTransform

CHANNELS = 3


class PatchLayout(NamedTuple):
    """How processors of Qwen-VL's kind cut a picture of C channels into rows of C * T * P * P numbers.

    Patches of P x P pixels stand in groups of M x M that the model merges later; a still picture stands T times in
    each row, as if it were T frames of a film.
    """

    patch: int
    frames: int
    merge: int

    def picture(self, rows: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """The picture (C, height * P, width * P) that the rows (height * width, C * T * P * P) were cut from."""
        p, m = self.patch, self.merge
        grid = rows.view(height // m, width // m, m, m, -1, self.frames, p, p)[..., 0, :, :]
        return grid.permute(4, 0, 2, 5, 1, 3, 6).reshape(-1, height * p, width * p)

    def rows(self, picture: torch.Tensor) -> torch.Tensor:
        """The inverse of `picture`."""
        p, m = self.patch, self.merge
        channels, height, width = picture.shape[0], picture.shape[1] // p, picture.shape[2] // p
        grid = picture.reshape(channels, height // m, m, p, width // m, m, p).permute(1, 4, 2, 5, 0, 3, 6)
        frames = grid.unsqueeze(5).expand(*grid.shape[:5], self.frames, p, p)
        return frames.reshape(height * width, channels * self.frames * p * p)


class PixelRows(NamedTuple):
    """How processors of Gemma 4's kind cut a picture into rows of P * P * C numbers, colours innermost."""

    patch: int

    def picture(self, rows: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """The picture (C, height * P, width * P) that the rows (height * width, P * P * C) were cut from."""
        p = self.patch
        grid = rows.reshape(height, width, p, p, CHANNELS)
        return grid.permute(4, 0, 2, 1, 3).reshape(CHANNELS, height * p, width * p)

    def rows(self, picture: torch.Tensor) -> torch.Tensor:
        """The inverse of `picture`."""
        p = self.patch
        height, width = picture.shape[1] // p, picture.shape[2] // p
        grid = picture.reshape(CHANNELS, height, p, width, p).permute(1, 3, 2, 4, 0)
        return grid.reshape(height * width, p * p * CHANNELS)


def transform_pixels(
    pictures: Mapping[str, torch.Tensor], transform: PixelTransform, image_processor: Any
) -> torch.Tensor:
    """`pixel_values` after `transform`, which sees float32 numbers whose last axes are C, H, W.

    Raises ModelError for a processor whose layout is unknown.
    """
    pixels = pictures["pixel_values"].float()
    if pixels.dim() >= 4:
        return transform(pixels)
    if pixels.dim() == 2 and "image_grid_thw" in pictures:
        return _transform_groups(pixels, pictures, transform, image_processor)
    sizes = _sizes(pictures) if pixels.dim() == 3 else None
    patch = isqrt(pixels.shape[-1] // CHANNELS)
    if sizes is None or patch * patch * CHANNELS != pixels.shape[-1]:
        raise ModelError(
            f"{type(image_processor).__name__} gives pixel values of shape {tuple(pixels.shape)}, in which Burnish "
            "cannot find the picture: use a distortion of the picture itself, such as imagenoise:800."
        )
    return _transform_rows(pixels, PixelRows(patch), sizes, transform)


def only_one(pictures: Mapping[str, torch.Tensor], changed: torch.Tensor, number: int, count: int) -> torch.Tensor:
    """The `changed` pixel values of the picture of this `number`, from 1, of `count`, and the others as they were.

    Raises ModelError where pictures are cut into parts of which nothing tells whose they are.
    """
    pixels = pictures["pixel_values"].float()
    rows = [1] * len(pixels)
    if pixels.dim() == 2 and "image_grid_thw" in pictures:
        rows = [int(height * width) for _, height, width in pictures["image_grid_thw"]]
    if len(rows) != count:
        raise ModelError(
            f"The processor makes {len(rows)} parts of {count} pictures, in which Burnish cannot find picture "
            f"{number}: use a distortion of the picture itself, such as imagenoise:800, or distort all of them."
        )
    begin = sum(rows[: number - 1])
    place = slice(begin, begin + rows[number - 1])
    return torch.cat([pixels[:begin], changed[place], pixels[place.stop :]])


def _transform_groups(
    pixels: torch.Tensor, pictures: Mapping[str, torch.Tensor], transform: PixelTransform, image_processor: Any
) -> torch.Tensor:
    """Rows of all pictures one behind the other."""
    frames = getattr(image_processor, "temporal_patch_size", 1)
    merges = pictures.get("image_merge_sizes")
    grids = [(int(height), int(width)) for _, height, width in pictures["image_grid_thw"]]
    groups = torch.split(pixels, [height * width for height, width in grids])
    changed = []
    for number, (rows, (height, width)) in enumerate(zip(groups, grids, strict=True)):
        merge = image_processor.merge_size if merges is None else int(merges[number])
        layout = PatchLayout(image_processor.patch_size, frames, merge)
        changed.append(layout.rows(transform(layout.picture(rows, height, width))))
    return torch.cat(changed)


def _transform_rows(
    pixels: torch.Tensor, layout: PixelRows, sizes: list[tuple[int, int]], transform: PixelTransform
) -> torch.Tensor:
    """Each picture's or tile's rows; those behind them are padding and stay."""
    changed = pixels.clone()
    for number, (height, width) in enumerate(sizes):
        rows = pixels[number, : height * width]
        changed[number, : height * width] = layout.rows(transform(layout.picture(rows, height, width)))
    return changed


def _sizes(pictures: Mapping[str, torch.Tensor]) -> list[tuple[int, int]] | None:
    """Height and width in patches of each picture or tile; None where nothing tells them."""
    if (shapes := pictures.get("spatial_shapes")) is not None:  # LFM2-VL
        return [(int(height), int(width)) for height, width in shapes]
    if (places := pictures.get("image_position_ids")) is not None:  # Gemma 4: x and y of each patch, -1 for padding
        return [(int(one[:, 1].max()) + 1, int(one[:, 0].max()) + 1) for one in places]
    if "image_token_pooling" in pictures:  # Molmo2: square crops
        crops, patches = pictures["pixel_values"].shape[:2]
        return [(isqrt(patches), isqrt(patches))] * crops
    return None
