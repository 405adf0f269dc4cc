"""Preference pairs as ms-swift reads them: JSON lines of messages, a rejected response, and picture paths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from burnish.export.base import (
    IMAGE_TAG,
    DatasetCard,
    ExportTally,
    comparisons,
    place_all_as_seen,
    with_tags,
    write_json_lines,
)
from burnish.store import Run

_USAGE = """\
# Preference pairs for ms-swift

```sh
ROOT_IMAGE_DIR=THIS_FOLDER swift rlhf --rlhf_type dpo --model MODEL --dataset THIS_FOLDER/pairs.jsonl
```

Picture paths are relative to this folder: set `ROOT_IMAGE_DIR`, or start `swift` here. ms-swift knows one rejected
response a row: a pair with several negatives stands here in several rows.
"""


def export_swift(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One line per negative, in ms-swift's standard format (`rejected_response`)."""
    write_json_lines(folder / "pairs.jsonl", _rows(run, folder, tally))
    return DatasetCard({}, _USAGE)


def _rows(run: Run, folder: Path, tally: ExportTally) -> Iterator[dict[str, Any]]:
    for comparison in comparisons(run, tally):
        yield {
            "messages": [
                *({"role": one.speaker, "content": one.text} for one in with_tags(comparison, IMAGE_TAG)),
                {"role": "assistant", "content": comparison.chosen},
            ],
            "rejected_response": comparison.rejected,
            "images": place_all_as_seen(run, folder, comparison, tally),
        }
