"""Opens a data set of the `datasets` library and chooses its split; whatever goes wrong becomes one sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.errors import SourceError
from burnish.sources.fields import one_line

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def open_dataset(path: str, config: str | None, split: str | None) -> Dataset:
    """The table of one split. Raises SourceError when there is none, or several and none was chosen."""
    import pyarrow as pa
    from datasets import Dataset
    from datasets.exceptions import DatasetsError

    try:
        opened = _open(path, config)
    except (OSError, ValueError, TypeError, LookupError, RuntimeError, DatasetsError, pa.ArrowException) as error:
        raise SourceError(f"huggingface:{path} cannot be opened: {one_line(error)}.") from error
    if isinstance(opened, Dataset):
        if split and split != str(opened.split or "train"):
            raise SourceError(f"huggingface:{path} holds one table without splits: leave #split={split} out.")
        return opened
    if split is None and len(opened) == 1:
        return next(iter(opened.values()))
    if split not in opened:
        wrong = f"has no split {split!r}" if split else "has several splits"
        raise SourceError(f"huggingface:{path} {wrong}: choose one with #split=, of {', '.join(map(str, opened))}.")
    return opened[split]


def picture_root(path: str) -> Path:
    """The folder outside which no picture is opened, for tables that hold paths instead of bytes."""
    from datasets import config

    local = Path(path)
    if local.exists():
        return local if local.is_dir() else local.parent
    return Path(config.HF_CACHE_HOME)


def _open(path: str, config: str | None) -> Dataset | DatasetDict:
    from datasets import load_dataset, load_from_disk

    local = Path(path)
    if local.is_file():
        if local.suffix != ".parquet":
            raise ValueError(f"a single file must be Parquet; folder:{path} reads other tables")
        return load_dataset("parquet", data_files=str(local))
    if local.is_dir():
        saved = (local / "dataset_dict.json").exists() or (local / "state.json").exists()
        return load_from_disk(path) if saved else load_dataset(path, config)
    if local.exists():  # reading it would wait for whoever is at its other end
        raise ValueError("it is a pipe or a device, and not a file or folder")
    if path[0] in "./" or not _HUB_NAME.fullmatch(path):
        raise FileNotFoundError("there is no such folder, and it is not a name on the Hub")
    return load_dataset(path, config)
