"""The random choice among a million candidates, from 28 bytes each.

Every candidate draws two numbers that depend on the seed and its id alone, so a choice can be made again from
another reading, and does not change when others are added. The first number decides which questions of a picture
are taken, the second which of a source and in what order: with one number for both, a question that wins
against many of its own picture would be likelier to win again.
"""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Positions: TypeAlias = NDArray[np.int64]


class Chosen(NamedTuple):
    """What was chosen of N candidates, in the order of the stream."""

    positions: Positions
    """Numbers of the candidates in the order they were added."""
    repeats: NDArray[np.bool_]
    """True for a candidate whose id an earlier one in the stream has already."""


class Draws:
    """The numbers that candidates have drawn."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pictures, self._picks, self._orders = array("Q"), array("Q"), array("Q")
        self._sources = array("I")
        self._codes: dict[str, int] = {}

    def add(self, key: str, picture: str, source: str) -> None:
        """The next candidate, by its id, its picture and the name of its source."""
        drawn = hashlib.blake2b(f"{self._seed}\x1f{key}".encode(), digest_size=16).digest()
        self._picks.append(int.from_bytes(drawn[:8], "big"))
        self._orders.append(int.from_bytes(drawn[8:], "big"))
        self._pictures.append(int.from_bytes(hashlib.blake2b(picture.encode(), digest_size=8).digest(), "big"))
        self._sources.append(self._codes.setdefault(source, len(self._codes)))

    def choose(self, *, per_image: int | None, per_source: int | None, limit: int | None) -> Chosen:
        """At most `per_image` of each picture, of these at most `per_source` of each source, of these `limit`."""
        import numpy as np

        pictures, picks = np.frombuffer(self._pictures, np.uint64), np.frombuffer(self._picks, np.uint64)
        orders, sources = np.frombuffer(self._orders, np.uint64), np.frombuffer(self._sources, np.uint32)
        kept = np.arange(len(picks))
        if per_image is not None:
            kept = _lowest(kept, picks, pictures, per_image)
        if per_source is not None:
            kept = _lowest(kept, orders[kept], sources[kept], per_source)
        kept = kept[np.argsort(orders[kept], kind="stable")][:limit]
        repeats = np.zeros(len(kept), np.bool_)
        repeats[1:] = orders[kept][1:] == orders[kept][:-1]
        return Chosen(kept, repeats)


def _lowest(positions: Positions, draws: NDArray[np.uint64], groups: NDArray[np.generic], most: int) -> Positions:
    """The positions whose draws are among the `most` lowest of their group, in ascending order."""
    import numpy as np

    by_group = np.lexsort((draws, groups))  # stable: equal draws keep the order of reading
    in_order = groups[by_group]
    begins = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
    rank = np.arange(len(by_group)) - np.repeat(begins, np.diff(np.r_[begins, len(by_group)]))
    return positions[np.sort(by_group[rank < most])]
