"""From a batch of trees to the nodes that attention takes on a CPU.

Tokens that follow one another are a node, but where a picture's or a prompt's tokens see one another these are one of
their own. What all rows have alike is one node of them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from torch import Tensor

from burnish.train.node_attention import Node, Nodes, Range

_A_SLICE: Final = 800_000
"""Pairs of tokens times width in whose time a slice of keys is called for, forwards and backwards."""


class Row(NamedTuple):
    """A number for each token of a row, as in `sequences` and `masks`."""

    before: Sequence[int]
    last: Sequence[int]
    group: Sequence[int]


def tree_nodes(rows: Sequence[Row], chain: int) -> Nodes:
    """The nodes of all rows, which begin with a chain of so many tokens."""
    each = [list(_row_nodes(row, chain)) for row in rows]
    shared = [node for node in each[0] if all(node in others for others in each)]
    own = [
        node._replace(rows=(number, number + 1))
        for number, nodes in enumerate(each)
        for node in nodes
        if node not in shared
    ]
    return (*(node._replace(rows=(0, len(rows))) for node in shared), *own)


def masked_from(nodes: Nodes, shape: Sequence[int], width: int) -> int:
    """The token from which a mask for all rows, (S, T), takes less time than single rows' nodes; 0 for none.

    `width`: of all heads together.
    """
    rows, length = shape
    own = [node for node in nodes if node.rows != (0, rows)]
    start = min((node.queries[0] for node in own), default=0)
    left_out = rows * (length - start) * length - sum(map(_compared, own))
    return start if width * left_out < _A_SLICE * sum(len(node.seen) + node.causal for node in own) else 0


def joined_from(nodes: Nodes, start: int, mask: Tensor) -> Nodes:
    """The nodes up to a token, and all behind it as one with a mask (S, 1, T - start, T)."""
    rows, length = len(mask), mask.shape[-1]
    before = (node for node in nodes if node.queries[1] <= start)
    return (*before, Node((0, rows), (start, length), ((0, length),), causal=False, mask=mask))


def _compared(node: Node) -> int:
    """Pairs of tokens."""
    queries = node.queries[1] - node.queries[0]
    return queries * (sum(stop - start for start, stop in node.seen) + node.causal * queries // 2)


def _row_nodes(row: Row, chain: int) -> Iterator[Node]:
    """In the order of their tokens; padding is in none."""
    ways: list[tuple[Range, ...]] = []
    """By node: what a token that follows its last one sees."""
    starts = [place for place in range(len(row.before)) if _begins(row, place, chain)]
    owner = [0] * len(row.before)
    for number, (start, stop) in enumerate(pairwise([*starts, len(row.before)])):
        owner[start:stop] = [number] * (stop - start)
        before = row.before[start]
        way = _up_to(ways[owner[before]], before + 1) if before >= 0 else ()
        ways.append(_merged(way, (start, stop)))
        if before >= 0 or row.last[start] > start:
            together = row.group[start] > 0
            yield Node((0, 1), (start, stop), ways[-1] if together else way, causal=not together)


def _begins(row: Row, place: int, chain: int) -> bool:
    """Whether a node begins at this token."""
    follows = place > 0 and row.before[place] == place - 1
    group = row.group[place]
    return not follows or group != row.group[place - 1] or (place == chain and not group)


def _up_to(way: Sequence[Range], stop: int) -> tuple[Range, ...]:
    return tuple((start, min(end, stop)) for start, end in way if start < stop)


def _merged(way: Sequence[Range], own: Range) -> tuple[Range, ...]:
    """The way with one more range behind it."""
    if way and way[-1][1] == own[0]:
        return (*way[:-1], (way[-1][0], own[1]))
    return (*way, own)
