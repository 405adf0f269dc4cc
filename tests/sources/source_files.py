"""Small files for the tests of sources, and short ways to say what came out."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from burnish.records import Dropped
from burnish.sources import Candidate, Source

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(folder: str) -> Path:
    """A folder of the real data beside the project, or a skip."""
    if not (SHARED / folder).is_dir():
        pytest.skip(f"the real data {SHARED / folder} is not on this machine")
    return SHARED / folder


def png(color: str = "red", size: tuple[int, int] = (4, 4)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "PNG")
    return buffer.getvalue()


def write_pictures(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png())


def write_jsonl(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def candidates(source: Source) -> list[Candidate]:
    return [outcome for outcome in source.candidates() if isinstance(outcome, Candidate)]


def dropped(source: Source) -> list[Dropped]:
    return [outcome for outcome in source.candidates() if isinstance(outcome, Dropped)]


def reasons(source: Source) -> Sequence[str]:
    """What became of each row: its question, or in brackets why it was dropped."""
    return [f"({one.reason})" if isinstance(one, Dropped) else one.question for one in source.candidates()]
