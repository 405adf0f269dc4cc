"""Tables that Python cannot hold as they are, and rows that are not quite JSON: one sentence each, or a counted row."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from burnish.errors import SourceError
from burnish.images import encode_png
from burnish.records import Dropped, Example
from burnish.sources import Sampling, stream

PICTURE = encode_png(Image.new("RGB", (4, 4)))
INSIDE = pa.array([{"bytes": PICTURE, "path": "a.png"}], pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
FAR = {
    "timestamp": pa.array([2_534_023_008_000_000], pa.int64()).cast(pa.timestamp("ms")),
    "date": pa.array([4_000_000], pa.int32()).cast(pa.date32()),
}
"""Beyond the year 9999, where Python's dates end."""


def written(path: Path, names: list[str], *columns: pa.Array) -> Path:
    (path.parent / "a.png").write_bytes(PICTURE)
    parquet.write_table(pa.Table.from_arrays([*columns], names=names), path)
    return path


@pytest.mark.parametrize("kind", ["folder", "huggingface"])
@pytest.mark.parametrize("far", FAR)
def test_dates_that_python_does_not_have(tmp_path: Path, kind: str, far: str) -> None:
    picture = pa.array(["a.png"]) if kind == "folder" else INSIDE
    path = written(tmp_path / "t.parquet", ["image", "question", "answer"], picture, pa.array(["?"]), FAR[far])
    with pytest.raises(SourceError, match="date value out of range"):
        list(stream(f"{kind}:{path}", Sampling()))


@pytest.mark.parametrize("kind", ["folder", "huggingface"])
def test_twin_columns(tmp_path: Path, kind: str) -> None:
    picture = pa.array(["a.png"]) if kind == "folder" else INSIDE
    twins = (pa.array(["?"]), pa.array(["!"]))
    path = written(tmp_path / "t.parquet", ["image", "question", "question"], picture, *twins)
    with pytest.raises(SourceError, match=r"t.parquet (has the column 'question' more than once|cannot be opened)"):
        list(stream(f"{kind}:{path}", Sampling()))


def lines(tmp_path: Path, *rows: str) -> list[Example | Dropped]:
    (tmp_path / "a.png").write_bytes(PICTURE)
    (tmp_path / "q.jsonl").write_text("\n".join(rows))
    return list(stream(f"folder:{tmp_path / 'q.jsonl'}", Sampling()))


def test_nan_stands_for_nothing_and_half_a_character_spoils_its_row(tmp_path: Path) -> None:
    good = {"image": "a.png", "question": "?"}
    rows = [json.dumps(good | {"answer": answer}) for answer in ("\U0001f600", float("nan"), "\ud83d")]
    rows.append(json.dumps(good)[:-1] + ', "x": ' + "[" * 5_000 + "]" * 5_000 + "}")
    whole, empty, half, deep = sorted(lines(tmp_path, *rows), key=lambda outcome: outcome.id)
    assert isinstance(whole, Example)
    assert whole.answer == "\U0001f600"
    assert isinstance(empty, Example)
    assert empty.answer is None
    assert isinstance(half, Dropped)
    assert half.reason == "not UTF-8"
    assert isinstance(deep, Dropped)
    assert deep.reason == "broken JSON"
    assert "nested too deep" in deep.detail
