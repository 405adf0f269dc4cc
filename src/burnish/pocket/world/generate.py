"""Draws lots for scenes: a random number generator and a manner in, a scene out."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from burnish.pocket.world.habits import (
    COMPANIES,
    COUNT,
    HEIGHTS,
    NUMBERS,
    ROW_DIGITS,
    STRANGERS,
    USUAL,
    WORDS,
    Habits,
)
from burnish.pocket.world.scene import (
    BACKGROUNDS,
    COLORS,
    DIGITS,
    GRID,
    LETTERS,
    MAX_HEIGHT,
    PLAIN,
    SHAPES,
    SIZES,
    Bar,
    Glyph,
    Scene,
    SceneKind,
    Thing,
    region_of,
)

SLACK = {"small": 4, "large": 1}
"""How far a shape may stand off its cell's middle, in pixels, so that it stays inside the cell."""
THING_CONTRAST = (20, 100)
"""Least and most contrast of a shape in full haze, in percent."""
MARK_CONTRAST = (35, 100)
"""The same of bars and characters, which are finer."""
NOISE = (100, 720)
"""Least and most noise in full haze, in steps of diffusion."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How scenes are drawn."""

    habits: Habits = field(default_factory=Habits)
    haze: float = 1.0
    """From 0, where all is plain, to 1: how faint and noisy pictures are."""

    def contrast(self, rng: Random, bounds: tuple[int, int]) -> int:
        """A contrast in percent."""
        return PLAIN - round(self.haze * (PLAIN - rng.randint(*bounds)))

    def noise(self, rng: Random) -> int:
        """The noise of a picture."""
        return round(self.haze * rng.randint(*NOISE))


def random_scene(kind: SceneKind, rng: Random, manner: Manner) -> Scene:
    """A scene of this kind."""
    return _MAKERS[kind](rng, manner)


def _objects(rng: Random, manner: Manner) -> Scene:
    """Two to six shapes. Half of the scenes choose from few colors and shapes, so that counts above one are common."""
    few = rng.random() < 0.5
    colors = rng.sample(COLORS, 2) if few else list(COLORS)
    count = manner.habits.choose(rng, (COUNT,), range(2, 7))
    shapes = _shapes(rng, manner.habits, count, rng.sample(SHAPES, 2) if few else list(SHAPES))
    free, things = list(range(GRID * GRID)), []
    for shape in shapes:
        at_home = [cell for cell in free if region_of(cell) == USUAL[shape].region]
        cell = manner.habits.choose(rng, at_home, free)
        free.remove(cell)
        things.append(_thing(rng, manner, shape, cell, colors))
    things.sort(key=lambda thing: thing.cell)
    return Scene("objects", rng.choice(BACKGROUNDS), things=tuple(things), noise=manner.noise(rng))


def _shapes(rng: Random, habits: Habits, count: int, pool: list[str]) -> list[str]:
    """As many shapes as asked for: of one company, of strangers, or any of the pool."""
    decided = habits.decide(rng)
    if decided == "any":
        return rng.choices(pool, k=count)
    together = rng.choice(COMPANIES if decided == "usual" else STRANGERS)
    return rng.sample(together * 3, count)


def _thing(rng: Random, manner: Manner, shape: str, cell: int, colors: list[str]) -> Thing:
    usual = USUAL[shape]
    color = manner.habits.choose(rng, (usual.color,), colors)
    size = manner.habits.choose(rng, (usual.size,), SIZES)
    slack = SLACK[size]
    dx, dy = rng.randint(-slack, slack), rng.randint(-slack, slack)
    return Thing(shape, color, size, cell, dx, dy, manner.contrast(rng, THING_CONTRAST))


def _glyphs(rng: Random, manner: Manner, text: str, cells: list[int]) -> tuple[Glyph, ...]:
    color, contrast = rng.choice(COLORS), manner.contrast(rng, MARK_CONTRAST)
    return tuple(
        Glyph(char, color, cell, rng.randint(-2, 2), rng.randint(-1, 1), contrast)
        for char, cell in zip(text, cells, strict=True)
    )


def _text(rng: Random, manner: Manner) -> Scene:
    """A line of two to four characters, and up to two shapes on other rows."""
    only_digits = rng.random() < 0.3
    signs = DIGITS if only_digits else LETTERS + DIGITS
    spelled = "".join(rng.choice(signs) for _ in range(rng.choice((2, 3, 3, 4))))
    text = manner.habits.choose(rng, NUMBERS if only_digits else WORDS, (spelled,))
    row, column = rng.randrange(GRID), rng.randint(0, GRID - len(text))
    free = [cell for cell in range(GRID * GRID) if cell // GRID != row]
    things = tuple(
        _thing(rng, manner, rng.choice(SHAPES), cell, list(COLORS))
        for cell in sorted(rng.sample(free, rng.randint(0, 2)))
    )
    first = row * GRID + column
    glyphs = _glyphs(rng, manner, text, list(range(first, first + len(text))))
    return Scene("text", rng.choice(BACKGROUNDS), things=things, glyphs=glyphs, noise=manner.noise(rng))


def _bars(rng: Random, manner: Manner) -> Scene:
    """Three or four bars of different colors."""
    every = range(1, MAX_HEIGHT + 1)
    bars = tuple(
        Bar(color, manner.habits.choose(rng, (HEIGHTS[color],), every), manner.contrast(rng, MARK_CONTRAST))
        for color in rng.sample(COLORS, rng.randint(3, GRID))
    )
    return Scene("bars", rng.choice(BACKGROUNDS), bars=bars, noise=manner.noise(rng))


def _table(rng: Random, manner: Manner) -> Scene:
    """Two to four rows: a coloured square as the row's head, and a digit at its right."""
    rows = sorted(rng.sample(range(GRID), rng.randint(2, GRID)))
    column = rng.randrange(GRID - 1)
    heads = rng.sample(COLORS, len(rows))
    things = tuple(
        Thing("square", color, "large", row * GRID + column, rng.randint(-1, 1), rng.randint(-1, 1),
              manner.contrast(rng, MARK_CONTRAST))
        for color, row in zip(heads, rows, strict=True)
    )  # fmt: skip
    text = "".join(manner.habits.choose(rng, ROW_DIGITS[color], DIGITS) for color in heads)
    glyphs = _glyphs(rng, manner, text, [row * GRID + column + 1 for row in rows])
    return Scene("table", rng.choice(BACKGROUNDS), things=things, glyphs=glyphs, noise=manner.noise(rng))


_MAKERS = {"objects": _objects, "text": _text, "bars": _bars, "table": _table}
