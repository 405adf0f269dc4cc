"""How much is worked on at a time, found out where it is not known: a GPU's memory may be too small for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar, final

import torch

from burnish.errors import ModelError

log = logging.getLogger(__name__)
T = TypeVar("T")


@final
class BatchSize:
    """How many requests are in a batch; fewer after one that did not fit into the GPU's memory."""

    def __init__(self, size: int) -> None:
        self.size = size

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
        torch.cuda.empty_cache()
        self.size = len(failed) // 2
        log.warning("The GPU's memory is full: going on with %d requests in a batch.", self.size)
        return None
