"""Distortions see pictures as C, H, W, whatever the processor made of them."""

from __future__ import annotations

import pytest
import torch

import tiny_models
from burnish.errors import ModelError
from burnish.models import Message, Request
from burnish.models.encoding import Encoder
from burnish.models.pixels import PatchLayout, transform_pixels


def test_patches_become_the_picture_and_go_back() -> None:
    """A 4 x 4 picture of one channel in patches of 1 x 1, two frames, merged 2 x 2."""
    layout = PatchLayout(patch=1, frames=2, merge=2)
    # the four patches of the upper left group come first, then those of the upper right one
    rows = torch.tensor([0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]).float()[:, None].expand(16, 2)

    picture = layout.picture(rows.contiguous(), 4, 4)

    assert picture.tolist() == [[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]]
    assert torch.equal(layout.rows(picture), rows)


def test_qwens_own_rows_are_reproduced_exactly() -> None:
    _, processor = tiny_models.qwen2_5_vl()
    pictures = (tiny_models.picture(0, 60, 28), tiny_models.picture(1, 28, 56))
    encoding = Encoder(processor=processor).encode([Message(role="user", text="?", images=pictures)])
    seen = []

    same = transform_pixels(encoding.pictures, lambda pixels: seen.append(pixels) or pixels, processor.image_processor)

    assert torch.equal(same, encoding.pictures["pixel_values"])
    assert [tuple(pixels.shape) for pixels in seen] == [
        (3, 7 * int(height), 7 * int(width)) for _, height, width in encoding.pictures["image_grid_thw"]
    ]


def test_qwens_two_frames_of_a_still_picture_stay_equal() -> None:
    _, processor = tiny_models.qwen2_5_vl()
    message = Message(role="user", text="?", images=(tiny_models.picture(0),))
    request = Request(messages=(message,), pixel_transform=lambda pixels: pixels + torch.randn_like(pixels))

    rows = Encoder(processor=processor).encode_request(request).pictures["pixel_values"]

    frames = rows.view(rows.shape[0], 3, 2, 7, 7)
    assert torch.equal(frames[:, :, 0], frames[:, :, 1])


def test_transform_sees_float32_and_is_applied_once() -> None:
    pictures = {"pixel_values": torch.ones(1, 3, 2, 2, dtype=torch.float16)}

    changed = transform_pixels(pictures, lambda pixels: pixels * 3, image_processor=None)

    assert changed.dtype == torch.float32
    assert changed.unique().tolist() == [3.0]


def test_unknown_layout_is_refused_in_a_sentence() -> None:
    with pytest.raises(ModelError, match=r"pixel values of shape \(5, 12\).*imagenoise:800"):
        transform_pixels({"pixel_values": torch.ones(5, 12)}, lambda pixels: pixels, image_processor=object())
