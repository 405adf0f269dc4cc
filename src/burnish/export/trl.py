"""Preference pairs as TRL's DPOTrainer takes them for a vision-language model: prompt, chosen, rejected, images.

TRL 1.16 wants conversations with plain text, finds the pictures in `images`, and sets them before the first user
message by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from burnish.export.base import DatasetCard, ExportTally, comparisons
from burnish.export.shards import DATA_FILES, ShardRow, write_shards
from burnish.store import Run

_USAGE = """\
# Preference pairs for TRL

```python
from datasets import load_dataset
from trl import DPOConfig, DPOTrainer

pairs = load_dataset("THIS_FOLDER", split="train")
DPOTrainer(MODEL, args=DPOConfig("OUT", loss_type="sigmoid", max_length=None), train_dataset=pairs).train()
```

TRL knows one rejected answer a row: a pair with several negatives stands here in several rows, which share
its picture and its chosen answer and differ in `distortion`. `max_length=None` keeps TRL from cutting off picture
tokens.
"""


def export_trl(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One row per negative, as Parquet that goes from `load_dataset` straight into DPOTrainer."""
    from datasets import Features, Image, List, Value

    text = Value("string")
    conversation = List({"role": text, "content": text})
    features = Features(
        {
            "images": List(Image()),
            "prompt": conversation,
            "chosen": conversation,
            "rejected": conversation,
            "id": text,
            "distortion": text,
            "seed": Value("int64"),
            "distorted_image": Value("int64"),
        }
    )
    write_shards(folder, features, _rows(run, tally))
    return DatasetCard(
        {**DATA_FILES, "task_categories": ["image-text-to-text"], "tags": ["burnish", "trl", "dpo"]}, _USAGE
    )


def _rows(run: Run, tally: ExportTally) -> Iterator[ShardRow]:
    for comparison in comparisons(run, tally):
        contents = [run.image(key) for key in comparison.images]
        names = [run.image_path(key).name for key in comparison.images]
        values = {
            "images": [{"bytes": data, "path": name} for data, name in zip(contents, names, strict=True)],
            "prompt": [{"role": one.speaker, "content": one.text} for one in comparison.prompt],
            "chosen": [{"role": "assistant", "content": comparison.chosen}],
            "rejected": [{"role": "assistant", "content": comparison.rejected}],
            "id": comparison.id,
            "distortion": comparison.distortion,
            "seed": comparison.seed,
            "distorted_image": comparison.distorted_image,
        }
        yield ShardRow(values, sum(map(len, contents)))
