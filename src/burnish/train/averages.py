"""What a trainer measures between two logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import final

import torch
from torch import Tensor


@final
class Averages:
    """Sums by name, each over the items of a kind; they stay where the model is until they are taken."""

    def __init__(self, device: torch.device, kinds: int = 1) -> None:
        self._sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=device))
        self._kinds: dict[str, int] = {}
        self._items = torch.zeros(kinds, device=device)

    def add(self, name: str, values: Tensor, kind: int = 0) -> None:
        """Values of some items of the kind."""
        self._sums[name] += values.sum()
        self._kinds[name] = kind

    def count(self, items: int, kind: int = 0) -> None:
        """How many items of the kind the values were of."""
        self._items[kind] += items

    def take(self, reduce: Callable[[Tensor, str], Tensor]) -> dict[str, float]:
        """The averages since the last call, over all processes by accelerate's `reduce`; none of nothing."""
        if not self._sums:
            return {}
        items = reduce(self._items, "sum")
        sums = {name: reduce(sum_, "sum") for name, sum_ in self._sums.items()}
        taken = {name: (sum_ / items[kind]).item() for name, sum_ in sums.items() if items[kind := self._kinds[name]]}
        self._sums.clear()
        self._items.zero_()
        return taken
