"""Tables and pictures at addresses, read by fsspec's own file systems in memory, in archives and on this disk."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from PIL import Image

from burnish.errors import SourceError
from burnish.records import Dropped, Example
from burnish.sources import Sampling, stream


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, format="PNG")
    return file.getvalue()


TALK = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "red"}]
FILES = {
    "data/q.jsonl": json.dumps({"image": "pics/1.png", "question": "What?", "answer": "red"}).encode(),
    "data/t.csv": b"image,question,answer\npics/1.png,What?,red\n",
    "data/mix.json": json.dumps([{"image": "pics/1.png", "conversations": TALK}]).encode(),
    "data/pics/1.png": picture(200),
}


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[fsspec.AbstractFileSystem]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    system = fsspec.filesystem("memory")
    for name, content in FILES.items():
        system.pipe(f"/{name}", content)
    yield system
    system.rm("/data", recursive=True)


def examples(spec: str) -> list[Example | Dropped]:
    return list(stream(spec, Sampling()))


@pytest.mark.parametrize(
    "spec",
    [
        "folder:memory://data/q.jsonl",
        "folder:memory://data/t.csv",
        "folder:memory://data/pics#ask=What?",
        "llava:memory://data/mix.json",
        "llava:memory://data/mix.json#root=memory://data/",
        "folder:zip://data/q.jsonl::ZIP",
        "folder:zip://data/pics::ZIP#ask=What?",
        "folder:file://HERE/data/q.jsonl",
        "folder:HERE/data/q.jsonl#root=memory://data",
    ],
)
def test_tables_and_pictures_at_addresses(memory: fsspec.AbstractFileSystem, tmp_path: Path, spec: str) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
    [one] = examples(spec.replace("ZIP", str(tmp_path / "all.zip")).replace("HERE", str(tmp_path)))
    assert isinstance(one, Example)
    assert (one.question, one.image) == ("What?", FILES["data/pics/1.png"])


def test_what_was_fetched_is_kept_and_fetched_anew_when_it_changes(memory: fsspec.AbstractFileSystem) -> None:
    fetched: list[str] = []
    get = memory.get_file

    def counted(path: str, to: str, **others: object) -> None:
        fetched.append(path)
        get(path, to, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(memory), "get_file", lambda _self, path, to, **others: counted(path, to, **others))
        for _ in range(2):
            examples("folder:memory://data/q.jsonl")
        assert fetched == ["/data/q.jsonl", "/data/pics/1.png"]
        memory.pipe("/data/pics/1.png", picture(90))
        [one] = examples("folder:memory://data/q.jsonl")
        assert isinstance(one, Example) and one.image == picture(90)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("memory://data/pics/1.png", ""),
        ("pics/2.png", "missing image"),
        ("../other/1.png", "outside the root"),
        ("/data/pics/1.png", "outside the root"),
        ("memory://other/1.png", "outside the root"),
        ("file:///etc/hostname", "outside the root"),
    ],
)
def test_nothing_outside_the_folder_is_read(memory: fsspec.AbstractFileSystem, image: str, reason: str) -> None:
    memory.pipe("/data/one.jsonl", json.dumps({"image": image, "question": "What?"}).encode())
    [one] = examples("folder:memory://data/one.jsonl")
    assert getattr(one, "reason", "") == reason


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("folder:memory://data/gone.jsonl", "memory://data/gone.jsonl is not there"),
        ("folder:nothing://bucket/q.jsonl", "nothing://bucket/q.jsonl cannot be read: Protocol not known: nothing"),
        ("folder:memory://data/empty#ask=What?", "holds no picture|is not there"),
        ("folder:memory://data/pics", "say what to ask of its pictures"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(memory: fsspec.AbstractFileSystem, spec: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        examples(spec)


def test_a_package_that_is_missing_is_named(memory: fsspec.AbstractFileSystem) -> None:
    with pytest.raises(SourceError, match=r"gdrive://folder\.jsonl needs a package for such addresses: .*gdrive_fs"):
        examples("folder:gdrive://folder.jsonl")
