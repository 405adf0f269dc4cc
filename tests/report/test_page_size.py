"""A page of 500 records stays below 5 MB, whatever is in their pictures and texts."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from builders import answer, begin, pair
from burnish.images import encode_png
from burnish.records import Dialogue, Feedback, Record, Response, Turn
from burnish.report import ReportConfig
from burnish.report.html import MAX_LINES, drawing
from burnish.report.pages import write_report
from burnish.report.plots import figure

PHOTOS = Path(__file__).resolve().parents[3] / "shared/data/owleval/images"
MOST = 5_000_000
SHOWN = 500
PICTURES = 8
"""Different ones: a page holds each as often as it is shown, so that their number is no matter but of time."""


def _gradient(number: int) -> bytes:
    """A picture of 640 x 480 pixels, no two alike."""
    y, x = np.mgrid[0:480, 0:640]
    waves = [128 + 127 * np.sin(x / (20 + number % 37) + k + y / (30 + number % 11)) for k in range(3)]
    return encode_png(Image.fromarray(np.stack(waves, axis=-1).astype(np.uint8)))


def _page(folder: Path, kind: str, records: Sequence[Record], pictures: Sequence[bytes]) -> str:
    with begin(folder / "run", kind) as run:
        keys = [run.add_image(picture) for picture in pictures]
        run.append(replace(r, image=keys[i % len(keys)]) for i, r in enumerate(records))  # type: ignore[call-arg]
        run.finish({})
    write_report(ReportConfig(runs=(str(folder / "run"),), samples=SHOWN))
    return (folder / "run/report/index.html").read_text()


def _pairs(words: str, distortions: Sequence[str]) -> list[Record]:
    texts = [(f"{words} {i}", f"{words[::-1]} {i}") for i in range(SHOWN)]
    made = [
        pair(i % PICTURES, answer(chosen), [answer(rejected)] * len(distortions), distortions=distortions)
        for i, (chosen, rejected) in enumerate(texts)
    ]
    return [replace(one, id=f"p{i}") for i, one in enumerate(made)]


def _sides(page: str) -> list[int]:
    """The longer side of each of the first pictures."""
    urls = re.findall(r"data:image/webp;base64,([^\"]+)", page)[:9]
    return [max(Image.open(io.BytesIO(base64.b64decode(url))).size) for url in urls]


def test_pairs_of_large_pictures(tmp_path: Path) -> None:
    page = _page(
        tmp_path,
        "pairs",
        _pairs("a wave of many colours", ["flip", "imagenoise:500"]),
        [*map(_gradient, range(PICTURES))],
    )
    assert page.count("<article") == SHOWN
    assert 1_000_000 < len(page.encode()) < MOST
    assert min(_sides(page)) >= 56


@pytest.mark.slow
@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"there are no photographs in {PHOTOS}")
def test_pairs_of_photographs(tmp_path: Path) -> None:
    photos = [path.read_bytes() for path in sorted(PHOTOS.iterdir())][:PICTURES]
    page = _page(tmp_path, "pairs", _pairs("what a person would say of it", ["noise:500", "moco"]), photos)
    assert page.count("<article") == SHOWN
    assert 1_000_000 < len(page.encode()) < MOST
    assert min(_sides(page)) >= 56


def test_dialogues_with_long_texts(tmp_path: Path) -> None:
    long = "a word and another word " * 300
    turn = Turn(
        response=Response(text=long, thought=long, answer=long), feedback=Feedback(text=long, score=5, comment=long)
    )
    records = [
        Dialogue(id=f"d{i}", image="", question="?", answer="!", turns=(turn,) * 3, source="s") for i in range(SHOWN)
    ]
    page = _page(tmp_path, "dialogues", records, [_gradient(0)])
    assert page.count("<article") == SHOWN
    assert len(page.encode()) < MOST
    assert "… (7,200 characters)" in page


def test_a_figure_of_very_many_lines_becomes_pixels() -> None:
    made, (axes,) = figure("t", "s", height=4)
    axes.plot([0, 1], [0, 1])
    assert drawing(made).startswith("data:image/svg+xml")
    crowded, (axes,) = figure("t", "s", height=4)
    rng = np.random.default_rng(0)
    axes.plot(rng.random(20_000), rng.random(20_000), "o", markersize=1)
    assert drawing(crowded).startswith("data:image/png")
    assert len(drawing(crowded)) < 4 * MAX_LINES
