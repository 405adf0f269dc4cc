"""Draws lots for scenes: a random number generator in, a scene out."""

from __future__ import annotations

from random import Random

from burnish.pocket.world.scene import (
    BACKGROUNDS,
    COLORS,
    DIGITS,
    GRID,
    LETTERS,
    MAX_HEIGHT,
    SHAPES,
    SIZES,
    Bar,
    Glyph,
    Kind,
    Scene,
    Thing,
)

SLACK = {"small": 4, "large": 1}
"""How far a shape may stand off its cell's middle, in pixels, so that it stays inside the cell."""


def random_scene(kind: Kind, rng: Random) -> Scene:
    """A scene of this kind."""
    return _MAKERS[kind](rng)


def _objects(rng: Random) -> Scene:
    """Two to six shapes. Half of the scenes have few colours and shapes, so that counts above one are common."""
    few = rng.random() < 0.5
    colors = rng.sample(COLORS, 2) if few else list(COLORS)
    shapes = rng.sample(SHAPES, 2) if few else list(SHAPES)
    cells = rng.sample(range(GRID * GRID), rng.randint(2, 6))
    return Scene("objects", rng.choice(BACKGROUNDS), things=_things(rng, colors, shapes, cells))


def _things(rng: Random, colors: list[str], shapes: list[str], cells: list[int]) -> tuple[Thing, ...]:
    things = []
    for cell in sorted(cells):
        size = rng.choice(SIZES)
        slack = SLACK[size]
        dx, dy = rng.randint(-slack, slack), rng.randint(-slack, slack)
        things.append(Thing(rng.choice(shapes), rng.choice(colors), size, cell, dx, dy))
    return tuple(things)


def _glyphs(rng: Random, text: str, cells: list[int]) -> tuple[Glyph, ...]:
    color = rng.choice(COLORS)
    return tuple(
        Glyph(char, color, cell, rng.randint(-2, 2), rng.randint(-1, 1)) for char, cell in zip(text, cells, strict=True)
    )


def _text(rng: Random) -> Scene:
    """A line of two to four characters, and up to two shapes on other rows."""
    length = rng.choice((2, 3, 3, 4))
    row, column = rng.randrange(GRID), rng.randint(0, GRID - length)
    only_digits = rng.random() < 0.3
    text = "".join(rng.choice(DIGITS if only_digits else LETTERS + DIGITS) for _ in range(length))
    free = [cell for cell in range(GRID * GRID) if cell // GRID != row]
    things = _things(rng, list(COLORS), list(SHAPES), rng.sample(free, rng.randint(0, 2)))
    first = row * GRID + column
    return Scene(
        "text", rng.choice(BACKGROUNDS), things=things, glyphs=_glyphs(rng, text, list(range(first, first + length)))
    )


def _bars(rng: Random) -> Scene:
    """Three or four bars of different colours."""
    colors = rng.sample(COLORS, rng.randint(3, GRID))
    bars = tuple(Bar(color, rng.randint(1, MAX_HEIGHT)) for color in colors)
    return Scene("bars", rng.choice(BACKGROUNDS), bars=bars)


def _table(rng: Random) -> Scene:
    """Two to four rows: a coloured square as the row's head, and a digit at its right."""
    rows = sorted(rng.sample(range(GRID), rng.randint(2, GRID)))
    column = rng.randrange(GRID - 1)
    heads = rng.sample(COLORS, len(rows))
    things = tuple(
        Thing("square", color, "large", row * GRID + column, rng.randint(-1, 1), rng.randint(-1, 1))
        for color, row in zip(heads, rows, strict=True)
    )
    text = "".join(rng.choice(DIGITS) for _ in rows)
    glyphs = _glyphs(rng, text, [row * GRID + column + 1 for row in rows])
    return Scene("table", rng.choice(BACKGROUNDS), things=things, glyphs=glyphs)


_MAKERS = {"objects": _objects, "text": _text, "bars": _bars, "table": _table}
