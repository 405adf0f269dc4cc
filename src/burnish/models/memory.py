"""How much is worked on at a time, found out where it is not known: a GPU's memory may be too small for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import TypeVar, final

import psutil
import torch

from burnish.errors import ModelError

FREE_SHARE = 0.25
"""Of the free memory, what may be taken for what can be done without."""

log = logging.getLogger(__name__)


def visible_gpus() -> list[str]:
    """The CUDA devices that this process sees, by the names that CUDA_VISIBLE_DEVICES takes."""
    named = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    count = torch.cuda.device_count()
    return named[:count] if named else [str(number) for number in range(count)]


T = TypeVar("T")


@final
class BatchSize:
    """How many requests are in a batch; fewer after one that did not fit into the GPU's memory."""

    def __init__(self, size: int, *, release: Callable[[], None]) -> None:
        """`release` is called where memory is full, to give back what can be done without."""
        self.size, self._release = size, release

    def within_memory(self, work: Callable[[], T], lengths: Callable[[], Sequence[int]]) -> T | None:
        """What `work` returns, or None after halving the size of batches because memory was full.

        `lengths` tells the number of tokens of each request in the batch. Raises ModelError where it is a single one.
        """
        try:
            return work()
        except torch.OutOfMemoryError as error:
            failed = lengths()
            if len(failed) == 1:
                raise ModelError(
                    f"One request of {failed[0]} tokens does not fit into the GPU's memory beside the model: "
                    "use smaller pictures, --dtype bfloat16 or --device balanced."
                ) from error
        # only here, with the failed pass's tensors gone, can the memory be given back
        self._release()
        torch.cuda.empty_cache()
        self.size = len(failed) // 2
        log.warning("The GPU's memory is full: going on with %d requests in a batch.", self.size)
        return None


def spare_bytes(device: torch.device, gib: float | None) -> int:
    """How much memory of the device may be taken for what can be done without: `gib`, or a share of what is free."""
    if gib is not None:
        return int(gib * 2**30)
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return int(FREE_SHARE * free)
