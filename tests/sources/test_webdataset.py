"""`webdataset`: samples in tar files, read where they lie."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from source_files import candidates, dropped, png, reasons

from burnish.errors import SourceError
from burnish.records import TextMessage
from burnish.sources import open_source


def _shard(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def _json(**values: object) -> bytes:
    return json.dumps(values).encode()


def test_samples_of_all_shards_in_order(tmp_path: Path) -> None:
    talk = [{"from": "human", "value": "<image>What?"}, {"from": "gpt", "value": "Cup."}]
    more = [{"from": "human", "value": "Where?"}]
    folder = tmp_path / "Photos"
    _shard(folder / "b.tar", {"x/1.jpg": png("blue"), "x/1.json": _json(conversations=[*talk, *more])})
    _shard(
        folder / "a.tar",
        {"0.png": png(), "0.json": _json(question="Is it?", answer="no"), "1.PNG": png("blue"), "1.json": _json(q="?")},
    )
    source = open_source(f"webdataset:{folder}/*.tar")
    found = candidates(source)
    assert [(one.id, one.question, one.answer, one.source) for one in found] == [
        ("a/0", "Is it?", "no", "photos"),
        ("b/x/1, message 1", "What?", "Cup.", "photos"),
        ("b/x/1, message 3", "Where?", None, "photos"),
    ]
    assert found[2].before == (TextMessage("user", "What?"), TextMessage("assistant", "Cup."))
    assert [source.load(one).image for one in found] == [png(), png("blue"), png("blue")]
    assert reasons(source)[1] == "(no question)"


def test_captions_and_one_question_of_all(tmp_path: Path) -> None:
    shard = _shard(tmp_path / "s" / "a.tar", {"0.png": png(), "0.txt": b" A cup.\n", "1.txt": b"alone"})
    source = open_source(f"webdataset:{shard}#ask=What is it?#answer=txt")
    assert [(one.question, one.answer) for one in candidates(source)] == [("What is it?", "A cup.")]
    assert [one.reason for one in dropped(source)] == ["no image"]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    shard = _shard(
        tmp_path / "s" / "a.tar",
        {
            "0.png": png(),
            "0.json": b"{",
            "1.png": png(),
            "1.json": b"[1]",
            "2.png": png(),
            "2.json": b"\xff",
            "3.png": png(),
            "3.json": _json(question="Fine?"),
        },
    )
    source = open_source(f"webdataset:{shard}")
    assert reasons(source) == ["(broken JSON)", "(no JSON object)", "(not UTF-8)", "Fine?"]
    (tmp_path / "junk.tar").write_bytes(b"junk" * 500)
    _shard(tmp_path / "z.tar", {"0.png": png()}, "w:gz")
    os.mkfifo(tmp_path / "pipe.tar")
    for name, fault in {
        "junk.tar": "cannot be read as a tar file",
        "z.tar": "give shards that are not compressed",
        "*.none": "fits no file",
        "gone.tar": "cannot be read",
        "pipe.tar": "it is a folder, a pipe or a device",
    }.items():
        with pytest.raises(SourceError, match=fault):
            list(open_source(f"webdataset:{tmp_path}/{name}").candidates())


@pytest.mark.parametrize(("which", "shown"), [("", ""), ("#which=2", "right"), ("#which=all", "both")])
def test_a_sample_with_several_pictures(tmp_path: Path, which: str, shown: str) -> None:
    left, right = png(), png("blue")
    files = {"0.left.png": left, "0.right.png": right, "0.json": _json(question="Same?")}
    source = open_source(f"webdataset:{_shard(tmp_path / 's' / 'a.tar', files)}{which}")
    if not which:
        with pytest.raises(SourceError, match="has 2 pictures: choose one with #which=1"):
            candidates(source)
        return
    (one,) = candidates(source)
    assert source.load(one).images == {"right": (right,), "both": (left, right)}[shown]
