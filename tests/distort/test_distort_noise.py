"""Diffusion noise equals the published schedule, in the model's pixels and, clipped, in pictures."""

import numpy as np
import pytest
import torch
from PIL import Image

from burnish.distort import parse, show
from burnish.distort.noise import levels


def _published() -> np.ndarray:
    """(sqrt(abar), sqrt(1 - abar)) of all steps, as the paper's authors state the schedule, in float64."""
    s = np.linspace(-6, 6, 1000)
    beta = 1 / (1 + np.exp(-s)) * (0.5e-2 - 1e-5) + 1e-5
    abar = np.cumprod(1 - beta)
    return np.stack([np.sqrt(abar), np.sqrt(1 - abar)], axis=-1)


def test_the_schedule_equals_the_published_one() -> None:
    assert np.abs(np.array(levels()) - _published()).max() < 1e-12


@pytest.mark.parametrize(("step", "signal", "noise"), [(500, 0.863, 0.505), (800, 0.467, 0.884), (999, 0.285, 0.959)])
def test_the_schedule_has_the_known_values(step: int, signal: float, noise: float) -> None:
    assert levels()[step] == pytest.approx((signal, noise), abs=5e-4)


def test_the_first_step_by_hand() -> None:
    # beta_0 = 0.00499 / (1 + e^6) + 0.00001 = 0.00499 / 404.4288 + 0.00001 = 2.23384e-5; abar_0 = 0.9999776616
    assert levels()[0] == pytest.approx((0.9999776616**0.5, 2.23384e-5**0.5), rel=1e-5)


@pytest.mark.parametrize("step", [0, 500, 800, 999])
@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 3, 8, 8), (2, 5, 3, 4, 4), (64, 1176)])
def test_noise_is_signal_times_pixels_plus_noise_times_eps(step: int, shape: tuple[int, ...]) -> None:
    pixels = 4.4 * torch.rand(shape, generator=torch.Generator().manual_seed(1)) - 2.2  # as far as CLIP's pixels go
    transform = parse(f"noise:{step}").pixels(7)
    assert transform is not None
    noisy = transform(pixels)
    eps = torch.randn(shape, generator=torch.Generator().manual_seed(7)).double().numpy()
    signal, noise = _published()[step]
    assert noisy.dtype == torch.float32
    assert np.abs(noisy.double().numpy() - (signal * pixels.double().numpy() + noise * eps)).max() < 1e-6


def test_noise_is_not_clipped_and_leaves_its_input_alone() -> None:
    pixels = torch.full((3, 64, 64), 2.0)
    transform = parse("noise:999").pixels(0)
    assert transform is not None
    noisy = transform(pixels)
    assert torch.equal(pixels, torch.full((3, 64, 64), 2.0))
    assert noisy.max() > 3
    assert noisy.min() < -2
    assert float(noisy.mean()) == pytest.approx(2 * 0.285, abs=0.04)  # sd of the mean: 0.959 / sqrt(12288) = 0.0087
    assert float(noisy.std()) == pytest.approx(0.959, abs=0.03)


def test_noise_in_float32_even_on_half_precision_pixels() -> None:
    transform = parse("noise:500").pixels(3)
    assert transform is not None
    pixels = torch.linspace(-2, 2, 48).reshape(3, 4, 4)
    noisy = transform(pixels.bfloat16())
    assert noisy.dtype == torch.float32
    assert torch.equal(noisy, transform(pixels.bfloat16().float()))


def test_noise_has_no_part_for_the_picture_and_the_others_none_for_the_pixels() -> None:
    image = Image.new("RGB", (5, 4), (9, 8, 7))
    assert parse("noise:800").image(image, 0) is image
    assert parse("moco").pixels(0) is None


def test_two_noises_in_a_row_are_drawn_apart() -> None:
    once, twice = parse("noise:999").pixels(4), parse("noise:999+noise:999").pixels(4)
    assert once is not None
    assert twice is not None
    zeros = torch.zeros(3, 64, 64)
    first, rest = once(zeros), twice(zeros) - levels()[999].signal * once(zeros)
    assert abs(float(torch.corrcoef(torch.stack([first.flatten(), rest.flatten()]))[0, 1])) < 0.04


def test_a_composition_splits_into_picture_and_pixels() -> None:
    image = Image.effect_noise((40, 30), 80).convert("RGB")
    both = parse("invert+noise:500")
    assert both.image(image, 11).tobytes() == parse("invert").image(image, 11).tobytes()
    assert both.pixels(11) is not None


def test_noise_in_pictures_is_the_noise_of_clips_pixels_clipped() -> None:
    grey = Image.new("RGB", (336, 336), (128, 128, 128))
    made = np.asarray(parse("imagenoise:500").image(grey, 5)).astype(float) / 255
    mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
    eps = torch.randn((3, 336, 336), generator=torch.Generator().manual_seed(5)).permute(1, 2, 0).double().numpy()
    signal, noise = _published()[500]
    by_hand = (signal * (128 / 255 - mean) / std + noise * eps) * std + mean
    assert np.abs(made - by_hand.clip(0, 1)).max() < 0.5 / 255 + 1e-5


@pytest.mark.parametrize(("size", "expected"), [((672, 336), (336, 168)), ((60, 80), (252, 336)), ((1, 900), (1, 336))])
def test_noise_in_pictures_comes_on_the_models_grid(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert parse("imagenoise:800").image(Image.new("RGB", size), 0).size == expected


def test_a_picture_of_pixel_noise_is_the_image_noise_of_the_same_seed() -> None:
    image = Image.effect_noise((400, 336), 60).convert("RGB")
    assert show(parse("noise:800"), image, 2).tobytes() == parse("imagenoise:800").image(image, 2).tobytes()
    assert show(parse("noise:800"), Image.new("RGB", (64, 48)), 2).size == (64, 48)
    assert show(parse("noise:800"), image, 2, side=100).size == (100, 84)
    assert show(parse("flip+noise:0"), image, 2).size == (336, 282)
