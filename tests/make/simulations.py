"""Runs of `burnish simulate` that are small enough for tests, and what they hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tiny_models
from burnish.make.simulate import SimulateConfig
from burnish.records import Dialogue, Dropped
from burnish.store import Run

SOURCE = "pocket:train/counting+position+relation#per_task=8"


def config(out: Path, **others: Any) -> SimulateConfig:
    given = {"source": SOURCE, "student": "pocket", "teacher": "oracle", "limit": 12, "max_new_tokens": 6}
    return SimulateConfig(out=str(out), device="cpu", **{**given, **others})


def records(run: Path) -> list[Dialogue | Dropped]:
    return [record for record in Run.open(run) if isinstance(record, Dialogue | Dropped)]


def files(run: Path) -> dict[str, bytes]:
    """All that a finished run holds but lock, manifest (a date) and report."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for name in ("records", "images", "done.json")
        for path in ([run / name] if (run / name).is_file() else sorted((run / name).rglob("*")))
        if path.is_file()
    }


def folder(root: Path, names: Sequence[str]) -> str:
    """A source of questions that are their own names."""
    lines = []
    for number, name in enumerate(names):
        tiny_models.picture(number).save(root / f"{name}.png")
        lines.append({"id": name, "image": f"{name}.png", "question": name, "answer": f"truth of {name}"})
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{root / 'questions.jsonl'}"
