"""What an endpoint is sent of a picture: the file itself where it is just the picture, else its pixels."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field

import pytest
from PIL import Image, ImageOps

from burnish.errors import ConfigError
from burnish.images import decode
from burnish.models.sending import Sending

PHOTO = Image.radial_gradient("L").convert("RGB").resize((300, 200))
TURNED = 6
"""EXIF: to be turned by a quarter."""


@dataclass(frozen=True)
class Saved:
    """A way to save the photo."""

    format: str
    mode: str = "RGB"
    options: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join((self.format, self.mode, *self.options))

    def content(self) -> bytes:
        buffer = io.BytesIO()
        PHOTO.convert(self.mode).save(buffer, format=self.format, **self.options)
        return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def sent(sending: Sending, picture: Image.Image) -> tuple[str, bytes]:
    head, _, data = sending.data_url(picture).partition(";base64,")
    return head.removeprefix("data:"), base64.b64decode(data)


@pytest.mark.parametrize(
    "saved",
    [
        Saved("JPEG"),
        Saved("JPEG", options={"exif": exif(1)}),
        Saved("PNG"),
        Saved("PNG", "P"),
        Saved("WEBP"),
        Saved("JPEG", "L"),
    ],
    ids=str,
)
def test_an_untouched_upright_picture_goes_as_its_file(saved: Saved) -> None:
    kind, data = sent(Sending(), decode(saved.content()))
    assert (kind, data) == (f"image/{saved.format.lower()}", saved.content())


@pytest.mark.parametrize(
    "saved",
    [
        Saved("JPEG", options={"exif": exif(TURNED)}),
        Saved("JPEG", "CMYK"),
        Saved("PNG", "RGBA"),
        Saved("PNG", "LA"),
        Saved("BMP"),
        Saved("TIFF"),
        Saved("WEBP", options={"save_all": True, "append_images": [ImageOps.invert(PHOTO)]}),
    ],
    ids=str,
)
def test_any_other_file_goes_as_the_pixels_that_a_local_model_sees(saved: Saved) -> None:
    picture = decode(saved.content())
    kind, data = sent(Sending(), picture)
    assert kind == "image/png"
    assert Image.open(io.BytesIO(data)).tobytes() == picture.tobytes()


def test_what_is_made_of_a_picture_is_not_its_file() -> None:
    picture = decode(Saved("JPEG").content())
    for other in (ImageOps.mirror(picture), picture.copy(), picture.crop((0, 0, 9, 9))):
        kind, data = sent(Sending(), other)
        assert kind == "image/png"
        assert Image.open(io.BytesIO(data)).tobytes() == other.tobytes()


def test_jpeg_makes_png_files_and_pixels_smaller_and_leaves_jpeg_files() -> None:
    jpeg = Sending.parse("jpeg:90", None)
    assert sent(jpeg, decode(Saved("JPEG").content())) == ("image/jpeg", Saved("JPEG").content())
    for picture in (decode(Saved("PNG").content()), PHOTO):
        kind, data = sent(jpeg, picture)
        assert kind == "image/jpeg"
        assert Image.open(io.BytesIO(data)).size == PHOTO.size


def test_a_longest_side_holds_for_files_too() -> None:
    smaller = Sending.parse(None, 150)
    kind, data = sent(smaller, decode(Saved("JPEG").content()))
    assert kind == "image/png"
    assert Image.open(io.BytesIO(data)).size == (150, 100)
    assert sent(Sending.parse(None, 300), decode(Saved("JPEG").content()))[1] == Saved("JPEG").content()


@pytest.mark.parametrize(
    ("send", "side"), [("jpeg", None), ("jpeg:0", None), ("jpeg:101", None), ("gif", None), (None, 15)]
)
def test_flags_that_cannot_work_are_refused(send: str | None, side: int | None) -> None:
    with pytest.raises(ConfigError, match=r"^--send"):
        Sending.parse(send, side)
