"""The contact sheet: what is drawn where, and what a wrong flag is told."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from burnish.cli import main
from burnish.distort import FIGURE_2, names, parse, show
from burnish.errors import BurnishError, ConfigError, DistortionError, ImageError
from burnish.report.sheet import SheetConfig, contact_sheet, draw_sheet

SCENE = Image.fromarray(np.random.default_rng(3).integers(0, 256, (60, 80, 3), dtype=np.uint8))


def _holds(sheet: Image.Image, part: Image.Image) -> bool:
    """Whether the pixels of `part` stand somewhere in the sheet, exactly."""
    whole, wanted = np.asarray(sheet), np.asarray(part)
    height, width = wanted.shape[:2]
    corners = np.argwhere((whole[: 1 - height or None, : 1 - width or None] == wanted[0, 0]).all(axis=-1))
    return any(np.array_equal(whole[y : y + height, x : x + width], wanted) for y, x in corners)


def _draw(folder: Path, image: Image.Image, **flags: object) -> Image.Image:
    image.save(folder / "in.png")
    config = SheetConfig(image=str(folder / "in.png"), out=str(folder / "new" / "sheet.png"), **flags)  # type: ignore[arg-type]
    with Image.open(draw_sheet(config).path) as sheet:
        return sheet.convert("RGB")


def test_the_sheet_holds_the_clean_picture_and_each_distortion_at_each_seed(tmp_path: Path) -> None:
    # With --size 82 a picture 80 wide, in its frame of 1, is drawn pixel for pixel.
    specs = ("flip", "crop:1+jitter", "noise:500")
    sheet = _draw(tmp_path, SCENE, distort=specs, size=82, seed=4, per=2)
    assert _holds(sheet, SCENE)
    for spec in specs:
        for seed in (4, 5):
            assert _holds(sheet, show(parse(spec), SCENE, seed))
    assert not _holds(sheet, show(parse("noise:500"), SCENE, 6))


def test_a_distortion_without_chance_is_drawn_once() -> None:
    def ink(spec: str) -> int:
        sheet = contact_sheet(Image.new("RGB", (50, 50)), [parse(spec)], range(3), size=102, title="")
        return int((np.asarray(sheet).sum(axis=-1) == 0).sum())

    assert ink("lowres") == 2 * 100 * 100  # the clean picture and one tile
    assert ink("jitter:0,0+flip:1") == ink("lowres")


def test_without_names_everything_there_is_gets_drawn(tmp_path: Path) -> None:
    shown = {distortion.spec for distortion in SheetConfig(image="x", out="y.png").distortions}
    assert set(FIGURE_2.values()) <= shown
    assert {spec.partition(":")[0] for spec in shown} == set(names())
    sheet = _draw(tmp_path, SCENE, size=48, per=1)
    assert sheet.width > 2 * 48
    assert sheet.height > 8 * 36


def test_many_rows_stand_in_two_panels_of_about_one_height() -> None:
    few = contact_sheet(SCENE, [parse("flip")] * 6, range(1), size=100, title="a")
    many = contact_sheet(SCENE, [parse("flip")] * 12, range(1), size=100, title="a")
    assert many.height == few.height
    assert many.width > few.width + 100


@pytest.mark.parametrize("size", [(1, 1), (400, 3), (3, 400), (30, 30)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_any_picture_can_be_drawn(tmp_path: Path, size: tuple[int, int], mode: str) -> None:
    specs = ("rrcrop", "noise:800", "imagenoise", "lowres", "moco+jpeg")
    sheet = _draw(tmp_path, SCENE.resize(size).convert(mode), distort=specs, size=64)
    assert sheet.height > 0


def test_a_long_name_does_not_widen_the_sheet() -> None:
    sheets = [contact_sheet(SCENE, [parse("flip")], range(3), size=100, title=t) for t in ("a", "long name " * 50)]
    assert sheets[0].size == sheets[1].size


def test_the_long_label_fits_its_column() -> None:
    flat = Image.new("RGB", (20, 20), (255, 255, 255))
    sheet = contact_sheet(flat, [parse("flip+imagenoise:999,1024")], range(1), size=200, title="")
    label = np.asarray(sheet)[260:, : 34 + 200 - 4]
    assert (label[:, -8:] == 255).all(axis=(1, 2)).mean() > 0.98  # only the hairline crosses the gap


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ({"out": "sheet.gif"}, "--out must end in .png, .jpg, .jpeg, .webp, not be 'sheet.gif'."),
        ({"size": 20}, "--size must be from 48 to 512 pixels, not 20."),
        ({"per": 0}, "--per must be from 1 to 10 seeds, not 0."),
        ({"seed": -1}, "--seed must be 0 or more, not -1."),
    ],
)
def test_a_wrong_flag_is_told_in_one_sentence(flags: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SheetConfig(**{"image": "a.png", "out": "b.png", **flags})  # type: ignore[arg-type]
    assert str(caught.value) == complaint


def test_a_wrong_name_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(DistortionError, match="did you mean moco"):
        SheetConfig(image="a.png", out="b.png", distort=("mocco",))


@pytest.mark.parametrize("content", [None, b"no picture at all"])
def test_a_bad_picture_is_told_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        draw_sheet(SheetConfig(image=str(file), out=str(tmp_path / "b.png")))
    assert isinstance(caught.value, BurnishError)
    assert str(caught.value).startswith(f"{file} ") and str(caught.value).endswith(".")
    assert not (tmp_path / "b.png").exists()


def test_a_file_where_a_folder_is_needed_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SCENE.save(picture := tmp_path / "in.png")
    words = ["distort", str(picture), "--distort", "flip", "--size", "48", "--per", "1"]
    assert main([*words, "--out", str(picture / "sheet.png")]) == 2
    mend = "it is a file, and a folder is needed there: give another name"
    assert capsys.readouterr().err == f"burnish: {picture}: File exists; {mend}.\n"


PHOTO = Path("/work/shared/data/owleval/images/26.jpg")


@pytest.mark.skipif(not PHOTO.exists(), reason=f"{PHOTO} is not on this machine")
def test_a_real_photo(tmp_path: Path) -> None:
    config = SheetConfig(image=str(PHOTO), out=str(tmp_path / "a.jpg"), distort=("moco", "noise:800"), per=2)
    result = draw_sheet(config)
    with Image.open(result.path) as sheet:
        assert sheet.width > 2 * 200
    assert [str(distortion) for distortion in result.distortions] == ["moco", "noise:800"]
