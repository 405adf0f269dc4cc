"""What trials of models found, kept on this disk: a model is tried once, not whenever it is opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from burnish.jsons import read_json
from burnish.plain_files import cache_folder, read_plain
from burnish.store.disk import write_whole


def remembered(facts: Mapping[str, str], tried: Callable[[], bool]) -> bool:
    """What the trial of a model of which these facts hold found; `tried` finds it where it is not known.

    A disk that cannot be written to only has the model tried again.
    """
    path = cache_folder() / "trials" / f"{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()}.json"
    known = _read(path)
    if known is None:
        known = tried()
        _write(path, {**facts, "right": known})
    return known


def _read(path: Path) -> bool | None:
    try:
        found = read_json(read_plain(path))
    except (OSError, ValueError):
        return None
    right = found.get("right") if isinstance(found, dict) else None
    return right if isinstance(right, bool) else None


def _write(path: Path, found: Mapping[str, str | bool]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(found) + "\n").encode(), sync=False)
    except OSError:
        return
