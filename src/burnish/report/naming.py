"""Names for runs that stand beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def short_names(paths: Sequence[Path]) -> list[str]:
    """The shortest end of each path, its ending aside, that no other has; the whole path of one given twice."""
    for parts in range(1, max(len(path.resolve().parts) for path in paths)):
        names = ["/".join(path.resolve().with_suffix("").parts[-parts:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{number}: {path}" for number, path in enumerate(paths, start=1)]
