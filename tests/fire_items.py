"""Items in FIRE's published form that were made for the tests, and the real ones where they are on this machine."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "fire-human-rated"


def real_file() -> Path:
    """The 137 real dialogues, or a skip."""
    if not FOLDER.is_dir():
        pytest.skip(f"the real data {FOLDER} is not on this machine")
    return FOLDER / "dialogues.json"


def real_items() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(real_file().read_text(encoding="utf-8"))
    return items


def said(role: str, text: object) -> dict[str, Any]:
    kind = {"student": "response", "teacher": "feedback"}[role]
    return {"role": role, "type": kind, "value": text}


def made_item(*scores: object, **changes: object) -> dict[str, Any]:
    """An item with a turn for each score: `made_item(4, 9)`; `changes` replace its keys."""
    conversations = []
    for number, score in enumerate(scores, start=1):
        conversations.append(said("student", f"Thought: Look {number}.\nAnswer: {number} cats\n"))
        conversations.append(said("teacher", f"Score: {score}.\nFeedback: Count again, {number}.\n"))
    item = {
        "image": "images/cats.png",
        "question": {"role": "user", "value": "How many cats?"},
        "conversations": conversations,
        "groundtruth": {"role": "user", "value": "3"},
        "source": "made",
        "round": len(scores),
        "score": list(scores),
    }
    return item | changes


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(buffer, "PNG")
    return buffer.getvalue()


def write_items(folder: Path, items: object, name: str = "made.json") -> Path:
    """A file with these items beside one picture, images/cats.png."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images/cats.png").write_bytes(png())
    path = folder / name
    if name.endswith(".jsonl") and isinstance(items, list):
        path.write_text("".join(f"{json.dumps(item)}\n" for item in items), encoding="utf-8")
    else:
        path.write_text(json.dumps(items), encoding="utf-8")
    return path
