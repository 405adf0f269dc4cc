"""Parquet files as the Hugging Face hub has them, pictures inside: data/train-00000-of-00003.parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datasets import Features

BATCH_ROWS = 1_000
"""Rows that are held in memory, and rows in a row group: what a reader loads to get at one row."""
BATCH_BYTES = 32 << 20
SHARD_BYTES = 400 << 20
"""Picture bytes after which a new file is begun."""
SHARD_ROWS = 50_000
"""Rows after which a new file is begun: an open file keeps an account of every row group in memory."""

DATA_FILES: Mapping[str, Any] = {
    "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}]
}
"""Front matter that tells `load_dataset` and the hub's viewer where the rows are."""


class ShardRow(NamedTuple):
    """Column values, and the bytes of the row's picture, by which memory and files are kept small."""

    values: Mapping[str, Any]
    n_bytes: int


def write_shards(folder: Path, features: Features, rows: Iterable[ShardRow]) -> None:
    """Stream rows with these columns to files under `folder`/data."""
    writer = _ShardWriter(folder / "data", features.arrow_schema)
    batch: list[Mapping[str, Any]] = []
    n_bytes = 0
    for row in rows:
        batch.append(row.values)
        n_bytes += row.n_bytes
        if len(batch) >= BATCH_ROWS or n_bytes >= BATCH_BYTES:
            writer.write(batch, n_bytes)
            batch, n_bytes = [], 0
    if batch:
        writer.write(batch, n_bytes)
    writer.finish()


class _ShardWriter:
    def __init__(self, data: Path, schema: Any) -> None:
        self._data, self._schema = data, schema
        self._parts: list[Path] = []
        self._file: Any = None
        self._n_bytes = self._n_rows = 0  # in the file that is open
        data.mkdir()

    def write(self, batch: list[Mapping[str, Any]], n_bytes: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._file is None:
            self._parts.append(self._data / f"{len(self._parts):05}.part")
            self._file = pq.ParquetWriter(self._parts[-1], self._schema)
        self._file.write_table(pa.Table.from_pylist(batch, schema=self._schema))
        self._n_bytes += n_bytes
        self._n_rows += len(batch)
        if self._n_bytes >= SHARD_BYTES or self._n_rows >= SHARD_ROWS:
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._n_bytes = self._n_rows = 0

    def finish(self) -> None:
        """Give the files the hub's names, which hold how many there are."""
        self._close()
        for index, part in enumerate(self._parts):
            part.rename(self._data / f"train-{index:05}-of-{len(self._parts):05}.parquet")
