"""Pictures on the terminal, as `textual-image` draws them: Kitty's protocol or Sixel, else blocks of colour."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table as Grid
from rich.text import Text

from burnish.printable import one_line
from burnish.report.cards import PictureOf
from burnish.report.pictures import drawn
from burnish.report.terminal import WIDTH, terminal
from burnish.store import Run

if TYPE_CHECKING:
    from PIL.Image import Image

BESIDE = 3
"""Pictures in a row."""
_WIDEST, _HIGHEST, _GAP = 40, 16, 2
"""Cells of the terminal: of one picture, and between two."""
_ENOUGH = ("256", "truecolor")
"""Rich's names for as many colours as a picture needs."""


def can_draw() -> bool:
    """Whether standard output is a terminal that answers, shows many colours, and is wanted in colour."""
    screen, keys = sys.__stdout__, sys.__stdin__
    if screen is None or keys is None or screen is not sys.stdout or not (screen.isatty() and keys.isatty()):
        return False
    return min(os.get_terminal_size()) > 0 and terminal().color_system in _ENOUGH


def draw(run: Run, pictures: Sequence[PictureOf]) -> None:
    """Draw the pictures, a few side by side, each over its name. Raises RunError or ImageError before any is drawn."""
    draw_images([drawn(run, of) for of in pictures], [one_line(of.distortion) or "the picture" for of in pictures])


def draw_images(images: Sequence[Image], names: Sequence[str]) -> None:
    """Draw pictures, a few side by side, each over its name."""
    # The terminal is asked what it can draw when this is imported; its warning that it knows no size is no one's.
    logging.getLogger("textual_image").addHandler(logging.NullHandler())
    from textual_image.renderable import Image as Drawing

    for start in range(0, len(images), BESIDE):
        chosen = slice(start, start + BESIDE)
        _draw_row(Drawing, images[chosen], names[chosen])


def _draw_row(drawing: Any, images: Sequence[Image], names: Sequence[str]) -> None:
    console = terminal()
    console.height = _HIGHEST
    across = min(console.width, WIDTH)
    width = max(1, min(_WIDEST, (across + _GAP) // len(images) - _GAP))
    grid = Grid.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for _ in images:
        grid.add_column(max_width=width, overflow="fold")
    grid.add_row(*(drawing(image, width="auto", height="auto") for image in images))
    grid.add_row(*(Text(name, "dim") for name in names))
    console.print(grid)
