"""What a picture of the pocket world holds: shapes, bars and characters on a grid of four by four cells.

A cell is 16 x 16 pixels, as large as one patch of the pocket VLM. Everything drawn is in the scene and nothing
else, so the scene's content decides picture, truth and split.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from burnish.ids import content_key
from burnish.records import Json

GRID = 4
CELL = 16
SIDE = GRID * CELL

SceneKind: TypeAlias = Literal["objects", "text", "bars", "table"]

SHAPES = ("circle", "square", "triangle", "diamond", "cross")
CORNERS = {"circle": 0, "square": 4, "triangle": 3, "diamond": 4, "cross": 12}
COLORS = ("red", "green", "blue", "yellow", "purple", "orange")
SIZES = ("small", "large")
BACKGROUNDS = ("white", "gray", "black")
DIGITS = "0123456789"
LETTERS = "ACEFHKLMPTUX"
"""Letters that no digit looks like (no B, O, S, Z)."""
MAX_HEIGHT = 10
"""The tallest bar, in units."""
PLAIN = 100
"""The contrast of what is not faint, in percent."""

_ROWS = ("top", "", "", "bottom")
_COLUMNS = ("left", "", "", "right")
REGIONS = ("top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right")


def region_of(cell: int) -> str:
    """One of REGIONS: the outer rows and columns have names, the inner two are the center."""
    return f"{_ROWS[cell // GRID]} {_COLUMNS[cell % GRID]}".strip() or "center"


@dataclass(frozen=True, slots=True)
class Thing:
    """A shape in a cell; `cell` counts 0 to 15 in reading order, `dx` and `dy` are pixels off its middle."""

    shape: str
    color: str
    size: str
    cell: int
    dx: int = 0
    dy: int = 0
    contrast: int = PLAIN
    """How much of its color shows, in percent; the rest is background."""

    @property
    def row(self) -> int:
        return self.cell // GRID

    @property
    def column(self) -> int:
        return self.cell % GRID

    @property
    def region(self) -> str:
        """One of REGIONS."""
        return region_of(self.cell)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of 1 to MAX_HEIGHT units; bars stand side by side in the scene's order."""

    color: str
    height: int
    contrast: int = PLAIN


@dataclass(frozen=True, slots=True)
class Glyph:
    """A letter or digit in a cell."""

    char: str
    color: str
    cell: int
    dx: int = 0
    dy: int = 0
    contrast: int = PLAIN


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything in one picture. Cells are used once; things and glyphs stand in reading order."""

    kind: SceneKind
    background: str
    things: tuple[Thing, ...] = ()
    bars: tuple[Bar, ...] = ()
    glyphs: tuple[Glyph, ...] = ()
    noise: int = 0
    """Steps of diffusion noise over the picture (`burnish.diffusion`)."""

    @property
    def text(self) -> str:
        """The characters in reading order."""
        return "".join(glyph.char for glyph in self.glyphs)

    @property
    def key(self) -> str:
        """Hash of the content: equal scenes, and only they, have equal keys."""
        return content_key(json.dumps(scene_to_json(self), sort_keys=True).encode())


def scene_to_json(scene: Scene) -> dict[str, Json]:
    """The scene as JSON values, for an example's facts."""
    plain: dict[str, Json] = {"kind": scene.kind, "background": scene.background, "noise": scene.noise}
    for name in ("things", "bars", "glyphs"):
        plain[name] = [_slots(item) for item in getattr(scene, name)]
    return plain


def _slots(item: Thing | Bar | Glyph) -> Json:
    return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}


def scene_from_json(plain: Json) -> Scene:
    """The scene that `scene_to_json` wrote. Raises TypeError or KeyError for anything else."""
    if not isinstance(plain, dict):
        raise TypeError(f"A scene is a JSON object, not {type(plain).__name__}.")
    values: dict[str, Any] = dict(plain)
    return Scene(
        kind=values["kind"],
        background=values["background"],
        things=tuple(Thing(**item) for item in values["things"]),
        bars=tuple(Bar(**item) for item in values["bars"]),
        glyphs=tuple(Glyph(**item) for item in values["glyphs"]),
        noise=values.get("noise", 0),
    )
