"""`burnish submit`: files for the servers that score test sets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

SUBMITTED = ("text", "answer", "prediction")
"""Names that the field of an answer may have."""


class Submission(NamedTuple):
    """What was written."""

    path: str
    answers: int
    empty: int
    """Of these, questions without a prediction."""


def write_submission(path: str, rows: Sequence[Mapping[str, object]], empty: int = 0) -> Submission:
    """One JSON list."""
    Path(path).write_text(json.dumps(rows, ensure_ascii=False) + "\n", encoding="utf-8")
    return Submission(path, len(rows), empty)
