"""Preference pairs as LLaMA-Factory reads them: ShareGPT ranking JSON, and the entry that registers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from burnish.export.base import (
    IMAGE_TAG,
    SHAREGPT,
    DatasetCard,
    ExportTally,
    comparisons,
    place_all_as_seen,
    with_tags,
    write_json_list,
)
from burnish.store import Run

_FILE = "burnish_pairs.json"
_DATASET_INFO = {
    "burnish_pairs": {
        "file_name": _FILE,
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {
            "messages": "conversations",
            "chosen": "chosen",
            "rejected": "rejected",
            "images": "images",
        },
    }
}

_USAGE = """\
# Preference pairs for LLaMA-Factory

In the training YAML:

```yaml
stage: dpo
dataset_dir: THIS_FOLDER
media_dir: THIS_FOLDER
dataset: burnish_pairs
```

Or copy the entry of `dataset_info.json` into your own. LLaMA-Factory knows one rejected answer a row: a pair with
several negatives stands here in several rows.

Its prompts are made by its own templates. For LFM2-VL and Gemma 4 these begin with a system turn that the model's own
does not have: add `default_system: ""`. Before Gemma 4's answers an empty thought stays, which is not learned with
`enable_thinking: false` (LLaMA-Factory 0.9.5).
"""


def export_llamafactory(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One object per negative, with the `dataset_info.json` that names the columns."""
    write_json_list(folder / _FILE, _rows(run, folder, tally))
    (folder / "dataset_info.json").write_text(json.dumps(_DATASET_INFO, indent=2) + "\n", encoding="utf-8")
    return DatasetCard({}, _USAGE)


def _rows(run: Run, folder: Path, tally: ExportTally) -> Iterator[dict[str, Any]]:
    for comparison in comparisons(run, tally):
        yield {
            "conversations": [
                {"from": SHAREGPT[one.speaker], "value": one.text} for one in with_tags(comparison, IMAGE_TAG)
            ],
            "chosen": {"from": "gpt", "value": comparison.chosen},
            "rejected": {"from": "gpt", "value": comparison.rejected},
            "images": place_all_as_seen(run, folder, comparison, tally),
        }
