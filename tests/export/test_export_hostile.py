"""Exports that meet others, and runs that lead elsewhere; and pictures for tools that read files as they are stored."""

from __future__ import annotations

import fcntl
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from awkward_run import MakerConfig
from PIL import Image

from builders import write_run
from burnish.errors import ImageError, RunError, RunLocked
from burnish.export import ExportConfig, export_run
from burnish.export import verb as exporting
from burnish.export.base import DatasetCard
from burnish.images import decode
from burnish.records import Answer, PreferencePair, Rejected
from burnish.store import Run

SEEN = ("swift", "llamafactory", "llava")


def config(run: Run, tmp_path: Path, to: str = "swift", **flags: bool) -> ExportConfig:
    return ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out"), **flags)


def test_a_second_export_into_the_same_folder_is_refused(run: Run, tmp_path: Path) -> None:
    growing = tmp_path / ".out.growing"
    growing.mkdir()
    (growing / "half").write_text("of another export")
    held = os.open(growing, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(RunLocked, match="out is being written by another export"):
        export_run(config(run, tmp_path))
    assert (growing / "half").exists(), "what the other one writes is left alone"
    os.close(held)  # as a kill would
    export_run(config(run, tmp_path))
    assert not growing.exists()
    assert not (tmp_path / "out" / "half").exists()


def test_pictures_that_went_missing_meanwhile_are_noticed(run: Run, tmp_path: Path, monkeypatch) -> None:
    sound = exporting.EXPORTERS["swift"]

    def disturbed(run: Run, folder: Path, tally) -> DatasetCard:
        card = sound(run, folder, tally)
        next((folder / "images").rglob("*.png")).unlink()
        return card

    monkeypatch.setattr(exporting, "EXPORTERS", {"swift": disturbed})
    with pytest.raises(RunError, match=r"holds \d pictures where \d were written"):
        export_run(config(run, tmp_path))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ["parquet", "trl", *SEEN])
def test_no_file_of_another_place_gets_into_an_export(run: Run, tmp_path: Path, to: str) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"a secret")
    for path in (run.path / "images").rglob("*.png"):
        path.unlink()
        path.symlink_to(secret)
    with pytest.raises(ImageError, match="is a link to another place"):
        export_run(config(run, tmp_path, to))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("mark", ["[" * 100_000, "{", "[]", '{"files": 3}', '{"files": [{}]}'])
def test_a_damaged_mark_is_one_sentence(run: Run, tmp_path: Path, mark: str) -> None:
    export_run(config(run, tmp_path))
    (tmp_path / "out" / "export.json").write_text(mark)
    with pytest.raises(RunError, match=r"export.json (cannot be read|does not say)"):
        export_run(config(run, tmp_path, restart=True))


def test_a_mark_that_is_a_pipe_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    export_run(config(run, tmp_path))
    (tmp_path / "out" / "export.json").unlink()
    os.mkfifo(tmp_path / "out" / "export.json")
    with pytest.raises(RunError, match=r"export.json cannot be read .* a pipe"):
        export_run(config(run, tmp_path, restart=True))


def stored(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def odd_pictures() -> dict[str, bytes]:
    corner = Image.new("RGB", (24, 16), "white")
    corner.paste((255, 0, 0), (0, 0, 8, 8))
    turned = Image.Exif()
    turned[0x0112] = 6
    clear = Image.new("RGBA", (24, 16), (0, 0, 255, 0))
    grey = Image.fromarray(np.linspace(0, 65_535, 24 * 16, dtype=np.uint16).reshape(16, 24))
    return {
        "turned": stored(corner, format="PNG", exif=turned),
        "clear": stored(clear, format="PNG"),
        "grey16": stored(grey, format="PNG"),
        "plain": stored(corner, format="PNG"),
    }


@pytest.mark.parametrize("to", SEEN)
def test_pictures_lie_there_as_the_model_saw_them(tmp_path: Path, to: str) -> None:
    pictures = odd_pictures()
    rejected = (Rejected(distortion="flip", seed=0, answer=Answer(text="no")),)
    pairs = [
        PreferencePair(id=name, image="", question="?", chosen=Answer(text="yes"), rejected=rejected, source="s")
        for name in pictures
    ]
    run = write_run(tmp_path / "run", pairs, config=MakerConfig(), pictures=lambda _, one: pictures[one.id])
    export_run(config(run, tmp_path, to))
    text = next(path for path in (tmp_path / "out").glob("*pairs.json*")).read_text()
    rows = [json.loads(line) for line in text.splitlines()] if to == "swift" else json.loads(text)
    for row, (name, data) in zip(rows, pictures.items(), strict=True):
        relative = row["image"] if to == "llava" else row["images"][0]
        with Image.open(tmp_path / "out" / relative) as laid:
            assert laid.convert("RGB").tobytes() == decode(data).tobytes(), name
            assert laid.getexif().get(0x0112, 1) == 1
        if name == "plain":
            assert (tmp_path / "out" / relative).samefile(run.image_path(run.at(3).image))
