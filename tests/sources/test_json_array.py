"""The streaming reader of JSON arrays: equal to `json.loads`, in little memory, and exact about faults."""

from __future__ import annotations

import json
import random
import tracemalloc
from pathlib import Path

import pytest

from burnish.errors import SourceError
from burnish.sources import json_array
from burnish.sources.json_array import read_array


def read_bytes(tmp_path: Path, data: bytes) -> list[object]:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    return list(read_array(path))


def random_value(rng: random.Random, depth: int = 0) -> object:
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind == 0:
        return rng.choice((None, True, False))
    if kind == 1:
        return rng.choice((0, -1, 12345678901234567890, 1.5, -2e-7, 1e300))
    if kind < 6:
        return "".join(rng.choice('ab"\\/\n\té€😀\x00{}[],: ') for _ in range(rng.randrange(12)))
    if kind == 6:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {str(i): random_value(rng, depth + 1) for i in range(rng.randrange(4))}


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1 << 20])
def test_any_array_is_read_as_json_does_wherever_chunks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(json_array, "CHUNK", chunk)
    rng = random.Random(chunk)
    for _ in range(25):
        items = [random_value(rng) for _ in range(rng.randrange(6))]
        text = json.dumps(items, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 2)))
        assert read_bytes(tmp_path, text.encode()) == items


def test_white_space_byte_order_mark_and_the_empty_array(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"\xef\xbb\xbf \r\n[ ]\r\n ") == []
    assert read_bytes(tmp_path, b"[1 ,\r\n2]\n") == [1, 2]


@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    ("data", "where"),
    [
        # Bytes count from 0: line 3 begins at 2 + 10 = 12, and its brace that closes stands at 12 + 6.
        (b"", "line 1, byte 0: A JSON array must begin"),
        (b'{"a": 1}', "line 1, byte 0: A JSON array must begin"),
        (b"[", "line 1, byte 1: Expecting value"),
        (b'[\n{"a": 1},\n{"a": }\n]', "line 3, byte 18: Expecting value"),
        (b'[\n{"a": 1}', "line 2, byte 10: Expecting ',' or ']'"),
        (b"[1 2]", "line 1, byte 3: Expecting ',' or ']'"),
        (b"[1,]", "line 1, byte 3: Expecting value"),
        (b"[1]\n[2]", "line 2, byte 4: Something follows"),
        (b'["never closed]', "line 1, byte 1: Unterminated string"),
        ('["é", x]'.encode(), "line 1, byte 7: Expecting value"),
        (b"[" + b"9" * 5000 + b"]", "An item cannot be read: Exceeds the limit"),
        (b"[" + b"[" * 100_000 + b"]", "An item cannot be read: maximum recursion"),
    ],
)
def test_a_fault_is_named_with_line_and_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, data: bytes, where: str
) -> None:
    monkeypatch.setattr(json_array, "CHUNK", chunk)
    with pytest.raises(SourceError) as caught:
        read_bytes(tmp_path, data)
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("chunk", [1, 4, 1 << 20])
def test_bytes_that_are_not_utf8_are_named_by_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(json_array, "CHUNK", chunk)
    with pytest.raises(SourceError, match="not UTF-8 text at byte 8"):
        read_bytes(tmp_path, '["é", "'.encode() + b'\xff"]')


def test_items_before_a_fault_are_handed_out_first(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"a": 1}, oops]')
    items = read_array(path)
    assert next(items) == {"a": 1}
    with pytest.raises(SourceError):
        next(items)


def test_an_item_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_array, "CHUNK", 100)
    monkeypatch.setattr(json_array, "MAX_ITEM", 1000)
    with pytest.raises(SourceError, match="over 1,000 characters"):
        read_bytes(tmp_path, b'["' + b"a" * 100_000)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    item = json.dumps({"id": "x", "text": "y" * 980})
    with path.open("w") as file:
        file.write("[" + item)
        file.writelines(f",\n{item}" for _ in range(7_999))
        file.write("]")
    assert path.stat().st_size > 8_000_000
    tracemalloc.start()
    assert sum(1 for _ in read_array(path)) == 8_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000  # a few chunks of one megabyte, as bytes and as text
