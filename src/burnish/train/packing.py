"""Which trees of tokens share a row of a forward pass: as many as make it compute less.

What is computed is counted, not what is useful: every row is padded to the longest, and in a row that needs a mask of
its own each token is compared with each. So short trees fill up rows of long ones, and long ones share a row only
where attention costs little beside the matrices. Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeAlias

PackedRows: TypeAlias = Sequence[Sequence[int]]
"""The numbers of the trees in each row."""

WHOLE: Final = 1.0
CAUSAL: Final = 0.5
"""Share of a row that a token is compared with, on average: with a mask of its own, and where none is needed."""


def fewest_operations(lengths: Sequence[int], even_length: float, *, compared_alone: float) -> PackedRows:
    """Rows for trees of these lengths (tokens), or each alone where nothing is won by sharing.

    `even_length`: length of a row (tokens) at which comparing each token with each takes as long as all else.
    `compared_alone`: `CAUSAL` if no tree needs a mask while it is alone in its row, else `WHOLE`.
    """

    def operations(rows: int, longest: int, compared: float) -> float:
        return rows * longest * (1 + compared * longest / even_length)

    best: PackedRows = [[number] for number in range(len(lengths))]
    least = operations(len(best), max(lengths), compared_alone)
    # the longest trees fill such a row to its end, so each room is also the length of the longest row
    for room in accumulate(sorted(lengths, reverse=True)):
        if sum(lengths) * (1 + room / even_length) >= least:
            break  # no row of this length or a greater one can be better, be it ever so full
        rows = first_fit(lengths, room)
        computed = operations(len(rows), room, WHOLE)
        if computed < least:
            best, least = rows, computed
    return best


def first_fit(lengths: Sequence[int], room: int) -> PackedRows:
    """Bins of `room` tokens, filled by first-fit decreasing: longest first, each into the first bin that it fits."""
    rows: list[list[int]] = []
    free: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        place = next((row for row, space in enumerate(free) if space >= lengths[number]), len(rows))
        if place == len(rows):
            rows.append([])
            free.append(room)
        rows[place].append(number)
        free[place] -= lengths[number]
    return rows
