"""Preference pairs as LLaVA's own JSON with POVID's field of rejected conversations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from burnish.export.base import (
    IMAGE_TAG,
    SHAREGPT,
    DatasetCard,
    ExportTally,
    PreferenceRow,
    comparisons,
    place_all_as_seen,
    with_tags,
    write_json_list,
)
from burnish.store import Run

_USAGE = """\
# Preference pairs for LLaVA's and POVID's trainers

```sh
python llava/train/train_dpo.py --data_path THIS_FOLDER/pairs.json --image_folder THIS_FOLDER …
```

`conversations` ends with the chosen answer, `rejected_conversations` with the rejected one. A pair with several
negatives stands here in several objects; their ids end with the distortion. `image` is a list where a question is about
several pictures.
"""


def export_llava(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One object per negative: id, image, conversations, rejected_conversations."""
    write_json_list(folder / "pairs.json", _rows(run, folder, tally))
    return DatasetCard({}, _USAGE)


def _rows(run: Run, folder: Path, tally: ExportTally) -> Iterator[dict[str, Any]]:
    for comparison in comparisons(run, tally):
        pictures = place_all_as_seen(run, folder, comparison, tally)
        yield {
            "id": comparison.id,
            "image": pictures if len(pictures) > 1 else pictures[0],
            "conversations": _conversation(comparison, comparison.chosen),
            "rejected_conversations": _conversation(comparison, comparison.rejected),
        }


def _conversation(comparison: PreferenceRow, answer: str) -> list[dict[str, str]]:
    # LLaVA was trained with the picture on a line of its own before the question.
    return [
        *({"from": SHAREGPT[one.speaker], "value": one.text} for one in with_tags(comparison, f"{IMAGE_TAG}\n")),
        {"from": "gpt", "value": answer},
    ]
