"""SeVa's distortions T: a name and parameters become a pure function of picture and seed.

`parse("moco+noise:500")` reads a specification. Parsing, validation and listing import neither torch nor kornia;
drawing does. A new distortion is one class in a family's file, one entry in `registry.PARTS` and one test.
"""

from __future__ import annotations

from burnish.distort.base import Distortion, ImagePart, PixelPart, PixelTransform
from burnish.distort.registry import FIGURE_2, names, parse, usage
from burnish.distort.seeds import distortion_seed
from burnish.distort.show import show

__all__ = [
    "FIGURE_2",
    "Distortion",
    "ImagePart",
    "PixelPart",
    "PixelTransform",
    "distortion_seed",
    "names",
    "parse",
    "show",
    "usage",
]
