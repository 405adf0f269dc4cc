"""Each distortion does what its name says, measured on pictures."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from burnish.distort import parse


def _photo(width: int = 120, height: int = 90) -> Image.Image:
    """A smooth, colourful picture: blurred noise, stretched to the full range."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(4))).astype(float)
    low, high = smooth.min(axis=(0, 1)), smooth.max(axis=(0, 1))
    return Image.fromarray(((smooth - low) / (high - low) * 255).astype(np.uint8))


def _apply(spec: str, image: Image.Image, seed: int = 0) -> np.ndarray:
    return np.asarray(parse(spec).image(image, seed)).astype(int)


def _sharpness(pixels: np.ndarray) -> float:
    return float(np.abs(np.diff(pixels, axis=1)).mean())


PHOTO = _photo()
CLEAN = np.asarray(PHOTO).astype(int)


def test_flip_mirrors_left_and_right_exactly() -> None:
    assert np.array_equal(_apply("flip", PHOTO), CLEAN[:, ::-1])
    assert np.array_equal(_apply("flip+flip", PHOTO), CLEAN)
    assert np.array_equal(_apply("flip:0", PHOTO), CLEAN)


def test_flip_acts_as_often_as_asked() -> None:
    flipped = sum(not np.array_equal(_apply("flip:0.25", PHOTO, seed), CLEAN) for seed in range(200))
    assert 30 <= flipped <= 70  # 50 expected, standard deviation 6.1


def test_invert_is_exact() -> None:
    assert np.array_equal(_apply("invert", PHOTO), 255 - CLEAN)


def test_grey_has_equal_channels_of_the_luminance() -> None:
    grey = _apply("grey", PHOTO)
    assert np.array_equal(grey[..., 0], grey[..., 1])
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert np.abs(grey[..., 0] - CLEAN @ [0.299, 0.587, 0.114]).max() <= 0.5 + 1e-6


def test_centercrop_is_the_window_in_the_middle() -> None:
    # 0.5 of 120 x 90 is 60 x 45: columns 30 .. 89, and rows 22 or 23 .. with one row too many on one side
    cut = _apply("centercrop:0.5", PHOTO)
    assert cut.shape == (45, 60, 3)
    assert any(np.array_equal(cut, CLEAN[top : top + 45, 30:90]) for top in (22, 23))


def test_crop_is_a_window_that_moves() -> None:
    windows = np.lib.stride_tricks.sliding_window_view(CLEAN, (45, 60), axis=(0, 1))
    places = set()
    for seed in range(10):
        cut = _apply("crop:0.5", PHOTO, seed).transpose(2, 0, 1)
        hits = np.argwhere((windows == cut).all(axis=(2, 3, 4)))
        assert len(hits) == 1
        places.add(tuple(hits[0]))
    assert len(places) > 5


def test_rrcrop_makes_squares_of_the_same_area_and_of_the_asked_scale() -> None:
    # The red channel holds the column and the green one the row, so that a crop tells where it was taken.
    y, x = np.mgrid[0:200, 0:200]
    ruler = Image.fromarray(np.stack([x, y, 0 * x], axis=-1).astype(np.uint8))
    for seed in range(30):
        crop = _apply("rrcrop:0.3-0.6", ruler, seed)
        assert crop.shape == (200, 200, 3)
        width, height = np.ptp(crop[..., 0]) + 1, np.ptp(crop[..., 1]) + 1
        assert 0.27 < width * height / 200**2 < 0.63
        assert 0.72 < width / height < 1.39
    assert _apply("rrcrop", PHOTO).shape == (104, 104, 3)  # sqrt(120 * 90) = 103.9
    assert parse("rrcrop").image(Image.new("RGB", (1600, 900)), 0).size == (1024, 1024)


def test_affine_moves_the_picture_and_leaves_black_behind() -> None:
    bright = Image.new("RGB", (100, 100), (255, 255, 255))
    black = [(_apply("affine", bright, seed) == 0).mean() for seed in range(20)]
    assert 0.02 < np.mean(black) < 0.5
    assert np.mean([_apply("affine:0", bright, seed)[50, 50].min() for seed in range(20)]) == 255


def test_jitter_changes_brightness_within_its_range_and_not_at_zero() -> None:
    assert np.abs(_apply("jitter:0,0", PHOTO) - CLEAN).max() <= 1
    dim = Image.new("RGB", (8, 8), (100, 100, 100))
    factors = [_apply("jitter:0.5,0.3", dim, seed)[0, 0, 0] / 100 for seed in range(60)]
    assert min(factors) == pytest.approx(0.5, abs=0.1)
    assert max(factors) == pytest.approx(1.5, abs=0.1)


def test_jitter_turns_the_hue_within_its_range() -> None:
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    hues = []
    for seed in range(60):
        turned = Image.fromarray(_apply("jitter:0,0.25", red, seed).astype(np.uint8)).convert("HSV")
        hue = np.asarray(turned)[0, 0, 0] / 255
        hues.append(hue - 1 if hue > 0.5 else hue)
    assert min(hues) == pytest.approx(-0.25, abs=0.04)
    assert max(hues) == pytest.approx(0.25, abs=0.04)


def test_lowres_leaves_few_pixels_in_the_full_size() -> None:
    coarse = _apply("lowres:6", PHOTO)
    assert coarse.shape == CLEAN.shape
    assert _sharpness(coarse) < 0.6 * _sharpness(CLEAN)
    assert np.array_equal(_apply("lowres:90", PHOTO), CLEAN)
    # What is interpolated from 6 rows has rank 6, up to rounding: 0.29 * (sqrt(90) + sqrt(120)) = 6 or so.
    assert np.linalg.svd(coarse[..., 0], compute_uv=False)[6] < 10 < np.linalg.svd(CLEAN[..., 0], compute_uv=False)[6]


def test_jpeg_loses_more_at_lower_quality() -> None:
    errors = [np.abs(_apply(f"jpeg:{quality}", PHOTO) - CLEAN).mean() for quality in (95, 50, 10, 1)]
    assert errors == sorted(errors)
    assert errors[0] < 2 < errors[2]


def test_autoaug_mostly_acts_and_keeps_the_size() -> None:
    made = [_apply("autoaug", PHOTO, seed) for seed in range(40)]
    assert {pixels.shape for pixels in made} == {CLEAN.shape}
    unchanged = sum(np.array_equal(pixels, CLEAN) for pixels in made)
    assert unchanged < 14


def test_byol_blurs_every_picture_in_view_1_and_few_in_view_2() -> None:
    # The same seed draws the same crop, flip and colours in both views: what differs is the blur (and solarising).
    fine = Image.fromarray(np.random.default_rng(1).integers(0, 256, (112, 112, 3), dtype=np.uint8))
    softer = sum(
        _sharpness(_apply("byol:1", fine, seed)) < 0.9 * _sharpness(_apply("byol:2", fine, seed)) for seed in range(16)
    )
    assert softer >= 9


def test_mixtures_turn_some_pictures_grey() -> None:
    for spec in ("moco", "byol:1", "simclr"):
        grey, small = 0, _photo(24, 20)
        for seed in range(60):
            pixels = _apply(spec, small, seed)
            grey += int(np.abs(pixels - pixels.mean(axis=-1, keepdims=True)).max() <= 1)
        assert 3 <= grey <= 24  # 12 expected, standard deviation 3.1


@pytest.mark.parametrize("side", [56, 224, 448])
def test_the_mixtures_blur_reaches_a_share_of_the_picture_not_a_number_of_pixels(side: int) -> None:
    # A step edge blurred by sigma climbs from 10 % to 90 % within 2.56 sigma. View 1 draws sigma from 0.1 .. 2 pixels
    # of 224, so at most 5.1 / 224 = 2.3 % of the width, 4 times as much in a crop a 16th as large (bar the jitter).
    edge = np.zeros((side, side, 3), np.uint8)
    edge[:, side // 2 :] = 255
    climbs = []
    for seed in range(8):
        row = _apply("byol:1", Image.fromarray(edge), seed).mean(axis=-1)[side // 2]
        low, span = row.min(), np.ptp(row)
        if span > 60:
            climbs.append(((row > low + 0.1 * span) & (row < low + 0.9 * span)).mean())
    assert len(climbs) > 2
    assert 0.005 < np.mean(climbs) < 0.03


def test_strength_zero_leaves_simclr_without_colour_jitter() -> None:
    dim = Image.new("RGB", (16, 16), (200, 100, 50))
    colours = {tuple(_apply("simclr:0", dim, seed)[8, 8]) for seed in range(20)}
    assert colours == {(200, 100, 50), (124, 124, 124)}  # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2


def test_a_composition_acts_from_left_to_right() -> None:
    two_steps = parse("centercrop:0.5").image(parse("invert").image(PHOTO, 0), 0)
    assert parse("invert+centercrop:0.5").image(PHOTO, 0).tobytes() == two_steps.tobytes()
    assert _apply("centercrop:0.5+rrcrop:1-1", PHOTO).shape == (52, 52, 3)  # sqrt(60 * 45) = 51.96
    assert _apply("rrcrop:1-1+centercrop:0.5", PHOTO).shape == (52, 52, 3)  # half of 104
    assert _apply("lowres:20+crop:0.5", PHOTO).shape == (45, 60, 3)
