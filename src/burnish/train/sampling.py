"""The order in which examples are trained on: random from step to step, by length within one.

The order within an optimiser step has no influence on what is learned, since a step's loss is a mean over all its
items; but forward passes over examples of like length compute little for padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch
from datasets import Dataset
from torch.utils.data import Sampler

TOKEN_COLUMNS = ("answers", "ids")
"""What the tables of answers and of dialogues call their token lists."""


@final
class StepSampler(Sampler[int]):
    """Every example once per epoch, in an order that depends on seed and epoch alone; longest first within a step."""

    def __init__(self, lengths: npt.NDArray[np.int64], *, step_size: int, seed: int) -> None:
        """`step_size` examples make an optimiser step, over all processes and passes."""
        self._lengths = torch.from_numpy(lengths)
        self._step_size, self._seed, self._epoch = step_size, seed, 0

    def __len__(self) -> int:
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        """Called before each epoch, so that training goes on from the middle of any."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed + self._epoch)
        order = torch.randperm(len(self), generator=generator)
        for start in range(0, len(order), self._step_size):
            step = order[start : start + self._step_size]
            yield from step[self._lengths[step].argsort(descending=True, stable=True)].tolist()


def token_counts(examples: Dataset) -> npt.NDArray[np.int64]:
    """Tokens of each row, counted in the table's one column of token lists; pictures are left aside."""
    table: pa.Table = examples.data
    column = next(field.name for field in table.schema if field.name in TOKEN_COLUMNS)
    return np.concatenate([_chunk_counts(chunk) for chunk in table.column(column).chunks])


def _chunk_counts(rows: pa.ListArray) -> npt.NDArray[np.int64]:
    lengths = pc.list_value_length(rows.flatten()).to_numpy(zero_copy_only=False).astype(np.int64)
    ends = np.cumsum(pc.list_value_length(rows).to_numpy(zero_copy_only=False).astype(np.int64))
    totals = np.concatenate([[0], np.cumsum(lengths)])[ends]
    counts: npt.NDArray[np.int64] = np.diff(totals, prepend=0)
    return counts
