"""Distortions in a model's normalised pixel space, whatever shape its processor gives `pixel_values`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from burnish.errors import ModelError
from burnish.models.base import PixelTransform


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


def transform_pixels(
    pictures: Mapping[str, torch.Tensor], transform: PixelTransform, image_processor: Any
) -> torch.Tensor:
    """`pixel_values` after `transform`, which sees float32 numbers whose last axes are C, H, W.

    Raises ModelError for a processor whose layout is unknown.
    """
    pixels = pictures["pixel_values"].float()
    if pixels.dim() >= 4:
        return transform(pixels)
    grids = pictures.get("image_grid_thw")
    if pixels.dim() != 2 or grids is None:
        raise ModelError(
            f"{type(image_processor).__name__} gives pixel values of shape {tuple(pixels.shape)}, in which Burnish "
            "cannot find the picture: use a distortion of the picture itself, such as imagenoise:800."
        )
    layout = PatchLayout(image_processor.patch_size, image_processor.temporal_patch_size, image_processor.merge_size)
    sizes = [(int(height), int(width)) for _, height, width in grids]
    groups = torch.split(pixels, [height * width for height, width in sizes])
    return torch.cat(
        [
            layout.rows(transform(layout.picture(rows, height, width)))
            for rows, (height, width) in zip(groups, sizes, strict=True)
        ]
    )
