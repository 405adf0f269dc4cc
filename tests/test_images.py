"""Pictures: hostile files end in one ImageError with a reason, sound ones in upright RGB over white."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from burnish import images
from burnish.errors import ImageError
from burnish.images import decode, encode_png, read_inside

RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def reason(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode(data)
    assert "0x" not in str(caught.value), "an address in memory would make every run's record different"
    return caught.value.reason


def test_a_png_survives_encoding_and_decoding() -> None:
    image = Image.new("RGB", (3, 2), RED)
    image.putpixel((2, 1), BLUE)
    assert decode(encode_png(image)).tobytes() == image.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_every_listed_format_is_decoded(kind: str) -> None:
    assert kind in images.FORMATS
    assert decode(encoded(Image.new("RGB", (8, 6), RED), kind)).size == (8, 6)


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 10_000), (7_072, 7_071)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    """Beyond Pillow's own error (179 million pixels), between its warning (89 million) and that, and just over ours."""
    assert reason(png_claiming(*size)) == "too many pixels"


def test_a_strip_that_a_processor_would_blow_up_is_refused() -> None:
    assert decode(encoded(Image.new("RGB", (200, 1)))).size == (200, 1)
    assert reason(encoded(Image.new("RGB", (201, 1)))) == "too narrow"
    assert reason(encoded(Image.new("RGB", (1, 201)))) == "too narrow"


def test_what_is_no_picture() -> None:
    assert reason(b"") == "broken image"
    assert reason(b"just text, whatever the file is called") == "broken image"
    assert reason(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n") == "broken image"


def test_a_picture_cut_short() -> None:
    whole = encoded(Image.effect_noise((64, 64), 80).convert("RGB"), "JPEG")
    assert decode(whole).size == (64, 64)
    assert reason(whole[: len(whole) // 2]) == "broken image"


def test_random_damage_never_ends_in_another_error() -> None:
    rng = random.Random(0)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "text"
    noise = Image.effect_noise((20, 16), 60)
    whole = [encoded(noise.convert("RGB"), kind, exif=exif) for kind in ("PNG", "JPEG", "WEBP", "BMP", "PPM")]
    whole += [encoded(noise.convert("P"), "GIF"), encoded(noise.convert("RGBA"))]
    decoded = 0
    for _ in range(1000):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.choice((1, 2, 8))):
            data[rng.randrange(min(len(data), rng.choice((40, 200, 10_000))))] = rng.choice((0, 127, 255, 65))
        try:
            decode(bytes(data[: rng.choice((len(data), rng.randrange(len(data))))]))
            decoded += 1
        except ImageError as error:
            assert error.reason in ("broken image", "too many pixels", "too narrow")
    assert 0 < decoded < 1000, "some damage is harmless and some is not"


def test_exif_turns_the_picture_upright() -> None:
    image = Image.new("RGB", (4, 2), BLUE)
    image.putpixel((0, 0), RED)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise: the first pixel goes to the upper right
    upright = decode(encoded(image, exif=exif))
    assert upright.size == (2, 4)
    assert upright.getpixel((1, 0)) == RED


def test_transparency_lies_over_white() -> None:
    half = encoded(Image.new("RGBA", (1, 1), (0, 0, 0, 128)))
    assert decode(half).getpixel((0, 0)) == (127, 127, 127)  # 255 * (1 - 128 / 255) = 127
    assert decode(encoded(Image.new("LA", (1, 1), (0, 0)))).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (1, 1))
    palette.putpalette([*RED, *BLUE])
    assert decode(encoded(palette)).getpixel((0, 0)) == RED
    assert decode(encoded(palette, transparency=0)).getpixel((0, 0)) == (255, 255, 255)
    assert decode(encoded(palette, transparency=b"\x00\xff")).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(("grey", "expected"), [(0, 0), (255, 0), (256, 1), (32_768, 128), (65_535, 255)])
def test_16_bit_grey_is_scaled_not_clipped(grey: int, expected: int) -> None:
    assert decode(encoded(Image.new("I;16", (1, 1), grey))).getpixel((0, 0)) == (expected,) * 3
    assert decode(encoded(Image.new("I;16B", (1, 1), grey), "TIFF")).getpixel((0, 0)) == (expected,) * 3


def test_cmyk_and_one_bit_become_rgb() -> None:
    assert decode(encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")).getpixel((4, 4)) == (255, 255, 255)
    assert decode(encoded(Image.new("1", (2, 2), 1))).getpixel((0, 0)) == (255, 255, 255)


def refusal(root: Path, name: str) -> str:
    with pytest.raises(ImageError) as caught:
        read_inside(root, name)
    return caught.value.reason


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file in a folder, beside a file that is none of its business."""
    inside = tmp_path / "root"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.png").write_bytes(b"inside")
    (tmp_path / "secret.png").write_bytes(b"outside")
    return inside


def test_files_under_the_root_are_read(root: Path) -> None:
    assert read_inside(root, "sub/a.png") == b"inside"
    assert read_inside(root, "./sub/../sub/a.png") == b"inside"
    assert read_inside(root, str(root / "sub" / "a.png")) == b"inside"
    (root / "link.png").symlink_to("sub/a.png")
    assert read_inside(root, "link.png") == b"inside"


def test_a_root_that_is_itself_a_link_is_no_escape(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert read_inside(tmp_path / "alias", "sub/a.png") == b"inside"


def test_nothing_outside_the_root_is_read(root: Path, tmp_path: Path) -> None:
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "up").symlink_to(tmp_path)
    for name in ("../secret.png", "sub/../../secret.png", "link.png", "up/secret.png", str(tmp_path / "secret.png")):
        assert refusal(root, name) == "outside the root", name
    assert refusal(root, "/etc/passwd") == "outside the root"


def test_names_that_are_no_files(root: Path) -> None:
    (root / "circle").symlink_to("circle")
    for name in ("gone.png", "sub/a.png/b", "sub", ""):
        assert refusal(root, name) == "missing image", name
    for name in ("a\0b.png", "x" * 300 + ".png", "circle", "\ud800.png"):
        assert refusal(root, name) == "unreadable image", name


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe.png")
    assert refusal(root, "pipe.png") == "missing image"


def test_a_file_too_large_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 6)
    assert read_inside(root, "sub/a.png") == b"inside"  # 6 bytes
    monkeypatch.setattr(images, "MAX_BYTES", 5)
    assert refusal(root, "sub/a.png") == "file too large"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(root: Path) -> None:
    (root / "sub" / "a.png").chmod(0)
    assert refusal(root, "sub/a.png") == "unreadable image"


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif_is_decoded_where_pillow_can() -> None:
    assert decode(encoded(Image.new("RGB", (16, 16), RED), "AVIF")).size == (16, 16)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC image"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "Git LFS pointer"),
        (b"\n <!DOCTYPE html>\n<title>404</title>", "HTML page"),
        (b"<HTML><body>", "HTML page"),
        (b"https://example.org/a.png\n", "web address"),
        (b"", "broken image"),
    ],
)
def test_what_stands_where_a_picture_should_is_named(data: bytes, what: str) -> None:
    assert reason(data) == what


@pytest.mark.parametrize("name", ["https://example.org/a.png", "HTTP://example.org/a.png"])
def test_a_web_address_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match="is a web address, not a file") as caught:
        read_inside(tmp_path, name)
    assert caught.value.reason == "web address"


@pytest.mark.parametrize("highest", [1.0, 255.0, 65_535.0])
def test_floating_point_grey_is_scaled(highest: float) -> None:
    values = np.array([[0, highest / 2], [highest / 4, highest]], dtype=np.float32)
    seen = np.asarray(decode(encoded(Image.fromarray(values), "TIFF")))
    assert np.abs(seen[..., 0].astype(int) - [[0, 128], [64, 255]]).max() <= 1
    assert (seen[..., 0] == seen[..., 2]).all()


@pytest.mark.parametrize("values", [[-1.0, 1.0], [0.0, 1e9], [0.0, np.nan], [0.0, np.inf]])
def test_floating_point_grey_of_an_unknown_scale_is_refused(values: list[float]) -> None:
    picture = Image.fromarray(np.array([values], dtype=np.float32))
    assert reason(encoded(picture, "TIFF")) == "unknown scale"
