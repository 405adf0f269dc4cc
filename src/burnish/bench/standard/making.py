"""`burnish make-NAME`: questions about one's own pictures, in the files of a benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class WrittenBenchmark(NamedTuple):
    """What was written."""

    files: tuple[Path, ...]
    counts: Mapping[str, int]
    """As a person reads them."""
    numbers: Mapping[str, int]
    """The same by the names that results have for them."""
