"""Draws a scene: 64 x 64 RGB pixels, no smoothing, as faint and noisy as it says, the same on every machine."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from burnish.diffusion import levels
from burnish.pocket.world.font import HEIGHT, WIDTH, dots
from burnish.pocket.world.scene import CELL, GRID, PLAIN, SIDE, Bar, Glyph, Scene, Thing

Rgb: TypeAlias = tuple[int, int, int]

PALETTE: dict[str, Rgb] = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (50, 80, 230),
    "yellow": (240, 220, 50),
    "purple": (150, 50, 180),
    "orange": (245, 140, 30),
    "white": (255, 255, 255),
    "gray": (190, 190, 190),
    "black": (25, 25, 25),
}
RADIUS = {"small": 3, "large": 7}
"""Half the side of a shape, in pixels."""
UNIT = 6
"""Pixels of one unit of a bar's height."""
BAR_WIDTH = 12
DOT = 2
"""Side of one dot of a character, in pixels."""
MIDDLE, SPREAD = 114.5, 68.5
"""Mean and deviation of pixels in CLIP's normalisation, over the three colors: what noise is scaled by."""


def draw(scene: Scene) -> Image.Image:
    """The picture of a scene, 64 x 64 RGB."""
    background = PALETTE[scene.background]
    image = Image.new("RGB", (SIDE, SIDE), background)
    pen = ImageDraw.Draw(image)
    for thing in scene.things:
        _draw_thing(pen, thing, _faint(thing, background))
    for index, bar in enumerate(scene.bars):
        _draw_bar(pen, bar, index, _faint(bar, background))
    for glyph in scene.glyphs:
        _draw_glyph(pen, glyph, _faint(glyph, background))
    return _with_noise(image, scene) if scene.noise else image


def _faint(item: Thing | Bar | Glyph, background: Rgb) -> Rgb:
    """The item's color, mixed with the background by its contrast."""
    if item.contrast == PLAIN:
        return PALETTE[item.color]
    mixed = [
        (color * item.contrast + behind * (PLAIN - item.contrast)) // PLAIN
        for color, behind in zip(PALETTE[item.color], background, strict=True)
    ]
    return mixed[0], mixed[1], mixed[2]


def _with_noise(image: Image.Image, scene: Scene) -> Image.Image:
    """SeVa's diffusion noise, cut to what a pixel can hold; the scene's content is its seed."""
    signal, noise = levels()[scene.noise]
    drawn = np.random.default_rng(int(scene.key[:16], 16)).standard_normal((SIDE, SIDE, 3), dtype=np.float32)
    values = MIDDLE + signal * (np.asarray(image, dtype=np.float32) - MIDDLE) + noise * SPREAD * drawn
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))


def _middle(cell: int, dx: int, dy: int) -> tuple[int, int]:
    return cell % GRID * CELL + CELL // 2 + dx, cell // GRID * CELL + CELL // 2 + dy


def _draw_thing(pen: ImageDraw.ImageDraw, thing: Thing, color: Rgb) -> None:
    x, y = _middle(thing.cell, thing.dx, thing.dy)
    r = RADIUS[thing.size]
    left, top, right, bottom = x - r, y - r, x + r - 1, y + r - 1
    if thing.shape == "circle":
        pen.ellipse((left, top, right, bottom), fill=color)
    elif thing.shape == "square":
        pen.rectangle((left, top, right, bottom), fill=color)
    elif thing.shape == "triangle":
        pen.polygon([(left, bottom), (right, bottom), (x, top)], fill=color)
    elif thing.shape == "diamond":
        pen.polygon([(x, top), (right, y), (x, bottom), (left, y)], fill=color)
    else:
        arm = max(1, r // 3)
        pen.rectangle((x - arm, top, x + arm - 1, bottom), fill=color)
        pen.rectangle((left, y - arm, right, y + arm - 1), fill=color)


def _draw_bar(pen: ImageDraw.ImageDraw, bar: Bar, index: int, color: Rgb) -> None:
    left = index * CELL + (CELL - BAR_WIDTH) // 2
    top = SIDE - 1 - bar.height * UNIT
    pen.rectangle((left, top, left + BAR_WIDTH - 1, SIDE - 2), fill=color)


def _draw_glyph(pen: ImageDraw.ImageDraw, glyph: Glyph, color: Rgb) -> None:
    x, y = _middle(glyph.cell, glyph.dx, glyph.dy)
    left, top = x - WIDTH * DOT // 2, y - HEIGHT * DOT // 2
    for column, row in dots(glyph.char):
        corner = left + column * DOT, top + row * DOT
        pen.rectangle((*corner, corner[0] + DOT - 1, corner[1] + DOT - 1), fill=color)
