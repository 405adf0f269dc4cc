"""Names for runs that stand beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def short_names(paths: Sequence[Path]) -> list[str]:
    """The shortest end of each path, its ending aside, that no other has; the whole path of one given twice.

    Folders in which all paths end are left out: of `a/made` and `b/made`, the names are a and b. A link keeps its name.
    """
    parts = [path.absolute().with_suffix("").parts for path in paths]
    while len(parts) > 1 and min(map(len, parts)) > 2 and len({path[-1] for path in parts}) == 1:
        parts = [path[:-1] for path in parts]
    for length in range(1, max(map(len, parts))):
        names = ["/".join(path[-length:]) for path in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{number}: {path}" for number, path in enumerate(paths, start=1)]
