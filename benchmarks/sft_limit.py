"""What token counts allow: the work of a sample a turn, over that of a sample a dialogue.

Counted in multiplications and additions of matrices and attention. A token is compared with its own way back alone,
and nothing is padded: less than either side computes. Backwards a frozen matrix costs what it costs forwards, and
attention two and a half times that, as five products are made for two. Adapter, head and embeddings are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from burnish.train.token_tree import Tree, lay_out

LOOKED_AT = 577
"""Patches of a picture and one token more: what the vision tower reads, forwards alone."""
GATED, PLAIN = 4 + 3 * 4, 4 + 2 * 4
"""Matrices in a layer, in squares of the width: attention's, and a feed-forward network four times as wide."""


@dataclass(frozen=True)
class Work:
    """Of a training step."""

    tokens: int
    operations: float


def work(width: int, layers: int, samples: Iterable[Tree]) -> Work:
    """Of samples with a picture each."""
    tokens = pairs = pictures = 0
    for tree in samples:
        positions = lay_out(tree).positions
        tokens, pairs, pictures = tokens + len(positions), pairs + sum(positions) + len(positions), pictures + 1
    seen = 2 * PLAIN * width**2 * LOOKED_AT + 4 * width * LOOKED_AT**2
    read = (1 + 1) * 2 * GATED * width**2 * tokens + (1 + 2.5) * 4 * width * pairs
    return Work(tokens, layers * (pictures * seen + read))
