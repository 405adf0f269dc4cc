"""Pictures show what the scene says, measured in pixels."""

from __future__ import annotations

from itertools import combinations

import pytest

from burnish.pocket.world import Bar, Glyph, Scene, Thing, draw
from burnish.pocket.world.font import dots
from burnish.pocket.world.scene import COLORS, DIGITS, LETTERS, SHAPES

RED, WHITE = (220, 40, 40), (255, 255, 255)


def box(image, color):
    """(left, top, width, height) of the pixels of one color."""
    at = image.load()
    spots = [(x, y) for x in range(64) for y in range(64) if at[x, y] == color]
    xs, ys = zip(*spots, strict=True)
    return min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("size", "side"), [("small", 6), ("large", 14)])
def test_a_shape_has_its_size_and_place(shape, size, side):
    # cell 6 is row 1, column 2: its middle is (2 * 16 + 8, 1 * 16 + 8) = (40, 24); moved by (1, -1) it is (41, 23)
    image = draw(Scene("objects", "white", things=(Thing(shape, "red", size, 6, 1, -1),)))
    assert box(image, RED) == (41 - side // 2, 23 - side // 2, side, side)


def test_shapes_of_one_size_are_different_pictures():
    pictures = {
        (shape, size): draw(Scene("objects", "white", things=(Thing(shape, "red", size, 6),))).tobytes()
        for shape in SHAPES
        for size in ("small", "large")
    }
    assert len(set(pictures.values())) == 10


def test_a_bar_is_six_pixels_high_for_each_unit():
    image = draw(Scene("bars", "white", bars=(Bar("blue", 6), Bar("red", 3))))
    assert box(image, RED)[2:] == (12, 3 * 6)


def test_a_character_is_ten_by_fourteen_pixels_of_its_dots():
    image = draw(Scene("text", "white", glyphs=(Glyph("H", "red", 5),)))
    assert box(image, RED) == (16 + 8 - 5, 16 + 8 - 7, 10, 14)
    red = sum(pixel == RED for pixel in (image.getpixel((x, y)) for x in range(64) for y in range(64)))
    assert red == 4 * (2 * 7 + 3)  # two posts of 7 dots and 3 between them, 2 x 2 pixels each


def test_every_two_characters_differ_in_at_least_two_dots():
    for one, other in combinations(DIGITS + LETTERS, 2):
        assert len(set(dots(one)) ^ set(dots(other))) >= 2, (one, other)


def test_colors_are_far_apart_from_each_other_and_from_every_background():
    from burnish.pocket.world.draw import PALETTE

    for one, other in combinations(PALETTE, 2):
        distance = sum((a - b) ** 2 for a, b in zip(PALETTE[one], PALETTE[other], strict=True)) ** 0.5
        assert distance > 60, (one, other)
    assert set(COLORS) < set(PALETTE)
