"""A run as a `datasets.Dataset`, by way of the Parquet files of its export."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from burnish.errors import RunError
from burnish.export.base import ExportTally
from burnish.export.parquet import export_parquet
from burnish.store import Run

if TYPE_CHECKING:
    from datasets import Dataset


def to_dataset(run: Run) -> Dataset:
    """One row per record. Raises RunError for a run of which nothing was kept."""
    from pathlib import Path

    from datasets import Dataset

    with TemporaryDirectory() as folder:
        export_parquet(run, Path(folder), ExportTally())
        if not (files := sorted(map(str, Path(folder).rglob("*.parquet")))):
            raise RunError(f"{run.path} has no records to make a data set of: all were dropped.")
        made = Dataset.from_parquet(files, keep_in_memory=True, cache_dir=folder)
    assert isinstance(made, Dataset)
    return made
