"""Runs that somebody else made: nothing in them leads to a file of another place, to be read or written."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from burnish.errors import ImageError, RunError
from burnish.ids import content_key
from burnish.records import Prediction
from burnish.store import Run, disk, lines, new_manifest
from burnish.store.disk import lock, write_whole
from burnish.store.places import Place, lines_from


@dataclass(frozen=True)
class Flags:
    """Stands for a verb's configuration."""


MANIFEST = new_manifest("answers", Flags(), seed=0, fingerprints={})


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, format="PNG")
    return file.getvalue()


def write(path: Path) -> str:
    """An unfinished run of one record; the key of its picture."""
    with Run.begin(path, MANIFEST) as run:
        key = run.add_image(picture(9))
        run.append([Prediction(id="1", image=key, question="?", text="yes", answer="yes", source="s")])
    return key


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"a secret\n")
    return path


def test_a_picture_that_is_a_link_is_not_followed(tmp_path: Path, secret: Path) -> None:
    key = write(tmp_path / "run")
    run = Run.open(tmp_path / "run")
    path = run.image_path(key)
    path.unlink()
    path.symlink_to(secret)
    for use in (run.image, run.image_path):
        with pytest.raises(ImageError, match="is a link to another place, and not a picture"):
            use(key)


def test_nor_is_a_pipe_waited_for(tmp_path: Path) -> None:
    key = write(tmp_path / "run")
    path = Run.open(tmp_path / "run").image_path(key)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ImageError, match="a pipe or a device, and not a picture"):
        Run.open(tmp_path / "run").image(key)


def test_a_picture_is_what_its_name_says(tmp_path: Path) -> None:
    key = write(tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert content_key(run.image(key)) == key
    run.image_path(key).write_bytes(picture(200))
    with pytest.raises(ImageError, match="is not the picture that its name says"):
        run.image(key)


def test_a_line_too_long_to_be_a_record_is_neither_read_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "run")
    for module in (disk, lines):
        monkeypatch.setattr(module, "MOST_LINE", 100)
    for use in (list, lambda run: run.at(0), lambda run: list(lines_from(run.path, Place()))):
        with pytest.raises(RunError, match="has a line of more than 100 bytes"):
            use(Run.open(tmp_path / "run"))
    long = Prediction(id="2", image="", question="?", text="yes" * 100, answer="yes", source="s")
    with (
        Run.begin(tmp_path / "run", MANIFEST) as run,
        pytest.raises(RunError, match=r"Record '2' cannot be stored in .* bytes, and the most are 100"),
    ):
        run.append([long])
    assert len(Run.open(tmp_path / "run")) == 1


FILES = ("lock", "manifest.json.tmp", "journal.jsonl", "done.json")
FOLDERS = ("records", "images", "report")


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_link_in_a_run_is_refused_before_anything_is_read_or_written(tmp_path: Path, secret: Path, name: str) -> None:
    write(tmp_path / "run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "00000.jsonl").write_bytes(b"{}\n")
    here = tmp_path / "run" / name
    if here.is_dir():
        here.rename(tmp_path / "taken away")
    here.unlink(missing_ok=True)
    here.symlink_to(elsewhere if name in FOLDERS else secret)
    for use in (lambda: Run.open(tmp_path / "run"), lambda: Run.begin(tmp_path / "run", MANIFEST, restart=True)):
        with pytest.raises(RunError, match=rf"{name} is a link to another place"):
            use()
    assert secret.read_bytes() == b"a secret\n"
    assert (elsewhere / "00000.jsonl").read_bytes() == b"{}\n"


def test_a_folder_of_pictures_that_is_a_link_is_refused(tmp_path: Path) -> None:
    key = write(tmp_path / "run")
    folder = tmp_path / "run" / "images" / key[:2]
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match=f"{key[:2]} is a link to another place"):
        Run.open(tmp_path / "run")


def test_a_pipe_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "run")
    (tmp_path / "run" / "manifest.json").unlink()
    os.mkfifo(tmp_path / "run" / "manifest.json")
    with pytest.raises(RunError, match=r"manifest.json is a pipe or a device"):
        Run.open(tmp_path / "run")


def test_a_runs_own_path_may_be_a_link(tmp_path: Path) -> None:
    key = write(tmp_path / "scratch")
    (tmp_path / "run").symlink_to(tmp_path / "scratch")
    with Run.begin(tmp_path / "run", MANIFEST) as run:
        assert run.image(key) == picture(9)
        assert len(run) == 1


def test_nothing_is_written_or_locked_through_a_link(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "file.json.tmp").symlink_to(secret)
    write_whole(tmp_path / "file.json", b"new", sync=False)
    assert (tmp_path / "file.json").read_bytes() == b"new"
    assert not (tmp_path / "file.json").is_symlink()
    (tmp_path / "lock").symlink_to(secret)
    with pytest.raises(OSError, match="it is a link to another place"):
        lock(tmp_path / "lock")
    assert secret.read_bytes() == b"a secret\n"


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"\xff", b'"half', b"[1]"])
@pytest.mark.parametrize("name", ["manifest.json", "done.json"])
def test_damaged_files_are_one_sentence(tmp_path: Path, name: str, text: bytes) -> None:
    write(tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(text)
    with pytest.raises(RunError, match=name):
        Run.open(tmp_path / "run")


def test_a_record_nested_too_deep_is_named_by_its_line(tmp_path: Path) -> None:
    write(tmp_path / "run")
    records = tmp_path / "run" / "records" / "00000.jsonl"
    records.write_bytes(records.read_bytes() + b"[" * 100_000 + b"\n")
    with pytest.raises(RunError, match=r"00000.jsonl, line 2, is not a record: it is nested too deep"):
        list(Run.open(tmp_path / "run"))
