"""The contact sheet of distortions: one row each, one column per seed, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import tyro

from burnish.distort import FIGURE_2, Distortion, parse, show
from burnish.errors import ConfigError, ImageError
from burnish.images import decode, read_inside

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

GEOMETRY_AND_MIXTURES = (
    "flip",
    "rrcrop",
    "crop",
    "centercrop",
    "affine",
    "autoaug",
    "moco",
    "byol:1",
    "byol:2",
    "simclr",
)
COLOUR_AND_LOSS = (
    "invert",
    "grey",
    "jitter",
    "lowres",
    "jpeg",
    "noise:500",
    "noise:800",
    "noise:999",
    "imagenoise:800",
)
PAPER_NAMES = {spec: paper for paper, spec in FIGURE_2.items()}
FORMATS = (".png", ".jpg", ".jpeg", ".webp")
NOISE_NOTE = (
    "noise:STEPS acts on the model's normalised pixels, which cannot be seen; shown are CLIP's pixels with the noise, "
    "brought back to a picture and clipped."
)
PAPER, INK, QUIET, LINE = "#ffffff", "#1a1a1a", "#6a6a6a", "#e3e3e3"

_FontText: TypeAlias = "tuple[str, FreeTypeFont, str]"
"""Text, font and colour of one line."""


@dataclass(frozen=True, kw_only=True)
class SheetConfig:
    """Draw a labelled contact sheet of a picture's distortions."""

    image: tyro.conf.Positional[str]
    """The picture (PNG, JPEG, WebP …)."""
    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A distortion to draw, such as `noise:500`, `rrcrop:0.2-1` or `moco+noise:500`; repeat the flag for more. Default:
    the twelve of SeVa's figure 2 and Burnish's own."""
    out: str
    """The image file to write: .png, .jpg or .webp."""
    size: int = 200
    """Pixels along the longer side of each small picture, 48 to 512."""
    seed: int = 0
    """First seed; the columns show this one and the following ones."""
    per: int = 3
    """Seeds for each distortion, 1 to 10."""

    def __post_init__(self) -> None:
        if Path(self.out).suffix.lower() not in FORMATS:
            raise ConfigError(f"--out must end in {', '.join(FORMATS)}, not be {self.out!r}.")
        if not 48 <= self.size <= 512:
            raise ConfigError(f"--size must be from 48 to 512 pixels, not {self.size}.")
        if self.seed < 0:
            raise ConfigError(f"--seed must be 0 or more, not {self.seed}.")
        if not 1 <= self.per <= 10:
            raise ConfigError(f"--per must be from 1 to 10 seeds, not {self.per}.")
        self.distortions  # noqa: B018  a wrong name is refused before anything is drawn

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names, or all of figure 2 and the others."""
        return tuple(parse(spec) for spec in self.distort or (*GEOMETRY_AND_MIXTURES, *COLOUR_AND_LOSS))


class SheetResult(NamedTuple):
    """Where the sheet is, and what it shows."""

    path: Path
    distortions: tuple[Distortion, ...]


def draw_sheet(config: SheetConfig) -> SheetResult:
    """Write the contact sheet of `config.image` to `config.out`. Raises ImageError for a picture that is none."""
    out, image = Path(config.out), _opened(config.image)
    seeds = range(config.seed, config.seed + config.per)
    sheet = contact_sheet(image, config.distortions, seeds, size=config.size, title=Path(config.image).name)
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out)
    return SheetResult(out, config.distortions)


def _opened(name: str) -> Image:
    file = Path(name).resolve()
    try:
        return decode(read_inside(file.parent, file.name))
    except ImageError as error:
        raise ImageError(error.reason, f"{name} cannot be shown distorted, give another picture: {error}") from error


def contact_sheet(
    image: Image, distortions: Sequence[Distortion], seeds: Sequence[int], *, size: int, title: str
) -> Image:
    """The picture, and below it each distortion (a row) at each seed (a column), in two panels when there are many."""
    style = _Style(size, len(seeds))
    rows = [_row(style, distortion, image, seeds) for distortion in distortions]
    half = _half(rows) if len(rows) > 6 else len(rows)
    panels = [_panel(style, seeds, part) for part in (rows[:half], rows[half:]) if part]
    body = _beside(panels, style.margin)
    notes = [
        f"The clean picture, {image.width} × {image.height} pixels. One distortion per row, one seed per column.",
        *([NOISE_NOTE] if any(distortion.in_pixels for distortion in distortions) else []),
    ]
    header = _header(style, _tile(image, size), title, notes, body.width)
    sheet = _under([header, body], style.margin)
    framed = _blank(sheet.width + 2 * style.margin, sheet.height + 2 * style.margin)
    framed.paste(sheet, (style.margin, style.margin))
    return framed


@dataclass(frozen=True)
class _Style:
    """Every measure of the sheet, in pixels, from the size of a small picture."""

    size: int
    columns: int

    @property
    def unit(self) -> float:
        """Text does not shrink as far as pictures do."""
        return max(self.size, 150) / 200

    @property
    def margin(self) -> int:
        return round(34 * self.unit)

    @property
    def gap(self) -> int:
        return round(10 * self.unit)

    @property
    def label_width(self) -> int:
        return round(200 * self.unit)

    @property
    def row_width(self) -> int:
        return self.label_width + self.columns * (self.size + self.gap)

    @cached_property
    def title(self) -> FreeTypeFont:
        return _font("DejaVuSans-Bold.ttf", round(21 * self.unit))

    @cached_property
    def strong(self) -> FreeTypeFont:
        return _font("DejaVuSans-Bold.ttf", round(14 * self.unit))

    @cached_property
    def small(self) -> FreeTypeFont:
        return _font("DejaVuSans.ttf", round(12 * self.unit))


@lru_cache
def _font(file: str, size: int) -> FreeTypeFont:
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / file, size)


def _header(style: _Style, picture: Image, title: str, notes: Sequence[str], width: int) -> Image:
    room = max(width - picture.width - 2 * style.gap, style.label_width)
    words: list[_FontText] = [(_shortened(title, style.title, room), style.title, INK)]
    for note in notes:
        words += [(line, style.small, QUIET) for line in _wrapped(note, style.small, min(room, 620 * style.unit))]
    return _beside([picture, _text(words, room)], 2 * style.gap)


def _panel(style: _Style, seeds: Sequence[int], rows: Sequence[Image]) -> Image:
    from PIL import ImageDraw

    heads = _blank(style.row_width, round(20 * style.unit))
    draw = ImageDraw.Draw(heads)
    for column, seed in enumerate(seeds):
        left = style.label_width + column * (style.size + style.gap)
        draw.text((left, 0), f"seed {seed}", font=style.small, fill=QUIET)
    return _under([heads, *rows], 0)


def _row(style: _Style, distortion: Distortion, image: Image, seeds: Sequence[int]) -> Image:
    from PIL import ImageDraw

    shown = [show(distortion, image, seed) for seed in seeds]
    alike = len(shown) > 1 and all(picture == shown[0] for picture in shown)
    tiles = [_tile(picture, style.size) for picture in (shown[:1] if alike else shown)]
    label = _label(style, distortion, alike=alike)
    row = _blank(style.row_width, max(label.height, *(tile.height for tile in tiles)) + 2 * style.gap)
    ImageDraw.Draw(row).line([(0, 0), (style.row_width - style.gap, 0)], fill=LINE)
    row.paste(label, (0, style.gap))
    for column, tile in enumerate(tiles):
        row.paste(tile, (style.label_width + column * (style.size + style.gap), style.gap))
    return row


def _label(style: _Style, distortion: Distortion, *, alike: bool) -> Image:
    """The specification, a line for each part, and below it what it does."""
    room = style.label_width - style.gap
    first, *others = distortion.spec.split("+")
    words: list[_FontText] = [(line, style.strong, INK) for line in (first, *(f"+ {part}" for part in others))]
    paper = PAPER_NAMES.get(distortion.spec)
    facts = [distortion.what, *([f"SeVa: {paper}"] if paper else []), *(["the same at every seed"] if alike else [])]
    for fact in facts:
        words += [(line, style.small, QUIET) for line in _wrapped(fact, style.small, room)]
    return _text(words, room)


def _tile(picture: Image, size: int) -> Image:
    """The picture in a thin frame, `size` pixels along its longer side; a few pixels are enlarged as squares."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    scale = (size - 2) / max(picture.size)
    inside = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    fitted = picture.convert("RGB").resize(inside, Resampling.NEAREST if scale > 1 else Resampling.LANCZOS)
    return ImageOps.expand(fitted, border=1, fill=LINE)


def _text(lines: Sequence[_FontText], width: float) -> Image:
    """The lines below each other."""
    from PIL import ImageDraw

    heights = [round(font.size * 1.45) for _, font, _ in lines]
    block = _blank(round(width), sum(heights))
    draw, top = ImageDraw.Draw(block), 0
    for (text, font, colour), height in zip(lines, heights, strict=True):
        draw.text((0, top), text, font=font, fill=colour)
        top += height
    return block


def _wrapped(text: str, font: FreeTypeFont, width: float) -> list[str]:
    """The text in lines no wider than `width`, broken at blanks."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _shortened(text: str, font: FreeTypeFont, width: float) -> str:
    """The text, its end replaced by an ellipsis where it is wider than `width`."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _half(rows: Sequence[Image]) -> int:
    """How many of the rows, from the first, make the two panels most nearly of one height."""
    heights = [row.height for row in rows]
    return min(range(1, len(rows)), key=lambda n: max(sum(heights[:n]), sum(heights[n:])))


def _under(blocks: Sequence[Image], gap: int) -> Image:
    joined = _blank(max(block.width for block in blocks), sum(block.height + gap for block in blocks) - gap)
    top = 0
    for block in blocks:
        joined.paste(block, (0, top))
        top += block.height + gap
    return joined


def _beside(blocks: Sequence[Image], gap: int) -> Image:
    joined = _blank(sum(block.width + gap for block in blocks) - gap, max(block.height for block in blocks))
    left = 0
    for block in blocks:
        joined.paste(block, (left, 0))
        left += block.width + gap
    return joined


def _blank(width: int, height: int) -> Image:
    from PIL import Image

    return Image.new("RGB", (width, height), PAPER)
