"""What the papers name are torchvision's transforms: the same draws give the same pictures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

from burnish.distort import parse
from burnish.distort.augment import augment
from burnish.distort.geometry import resized_crop, square_side

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (66, 90, 3), dtype=np.uint8)).resize((180, 132))


def _same(spec: str, seed: int, theirs: Callable[[Image.Image], Any], photo: Image.Image = PHOTO) -> bool:
    torch.manual_seed(seed)
    return parse(spec).image(photo, seed).tobytes() == theirs(photo).tobytes()


@pytest.mark.parametrize("policy", ["imagenet", "cifar10", "svhn"])
def test_autoaug_is_torchvisions(policy: str) -> None:
    theirs = transforms.AutoAugment(transforms.AutoAugmentPolicy(policy))
    assert all(_same(f"autoaug:{policy}", seed, theirs) for seed in range(100))


@pytest.mark.parametrize("scale", [(0.2, 1.0), (0.05, 0.5)])
def test_a_resized_crop_is_torchvisions_where_it_grows_and_where_it_shrinks(scale: tuple[float, float]) -> None:
    wide = PHOTO.resize((2400, 600))  # its square has 1024 pixels a side at most
    for photo in (PHOTO, wide):
        side = square_side(photo)
        theirs = transforms.RandomResizedCrop((side, side), scale=scale)
        assert all(_same(f"rrcrop:{scale[0]}-{scale[1]}", seed, theirs, photo) for seed in range(5))


def test_the_mixtures_begin_with_that_crop_and_draw_on() -> None:
    side = square_side(PHOTO)
    theirs = transforms.RandomResizedCrop((side, side), scale=(0.08, 1.0))
    torch.manual_seed(3)
    cropped = theirs(PHOTO)
    assert augment(PHOTO, 3, first=resized_crop(side, (0.08, 1.0))).tobytes() == cropped.tobytes()
    drawn = list[float]()
    augment(PHOTO, 3, lambda pixels: drawn.append(torch.rand(1).item()) or pixels, first=theirs)
    assert drawn == [torch.rand(1).item()]


def test_what_draws_nothing_is_torchvisions() -> None:
    assert _same("invert", 0, functional.invert)
    assert _same("flip", 0, functional.hflip)
    assert _same("centercrop:0.5", 0, transforms.CenterCrop((66, 90)))
