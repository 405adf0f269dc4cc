"""Packs the turns of a dialogue into one tree of tokens: what several turns' prompts share is read once.

Each turn is a prompt, as the model is sent it at inference, and a target, what it is to say. Prompts are merged as far
as their tokens agree, and a later prompt goes on behind an earlier target that it repeats: a plain conversation
becomes one chain of nodes. Targets are never merged, so every one is trained exactly once. Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class ChatTurn(NamedTuple):
    """What a model is sent at one turn, and what it is to say."""

    turn: int
    """From 1."""
    prompt: Sequence[int]
    target: Sequence[int]
    """With the end token."""


class Node(NamedTuple):
    """Some tokens in a row."""

    parent: int
    """Number of the node behind whose last token these stand, always a smaller one; -1 at a beginning."""
    ids: tuple[int, ...]
    turn: int
    """The turn whose target these tokens are (part of); 0 for tokens that are only read."""


Tree: TypeAlias = tuple[Node, ...]
"""Nodes depth first: behind each one stands all that branches off from it, before anything else does."""


class Layout(NamedTuple):
    """A tree as one sequence: a number for each of its tokens."""

    ids: list[int]
    before: list[int]
    """The place of the token that this one follows; -1 at a beginning."""
    last: list[int]
    """The place of the last token that sees this one: all from its own place to there do, and no others."""
    positions: list[int]
    """How many tokens stand before this one on its way."""
    turns: list[int]
    """As of its node."""


class Expansion(NamedTuple):
    """What a processor puts in the place of a picture's mark: tokens `start` to `stop` become `ids`."""

    start: int
    stop: int
    ids: tuple[int, ...]


@dataclass(slots=True)
class _Branch:
    ids: list[int]
    turn: int = 0
    children: list[_Branch] = field(default_factory=list)


def pack(lessons: Sequence[ChatTurn]) -> Tree:
    """The smallest tree in which every prompt is a way from a beginning, and every target a way of its own from it."""
    root = _Branch([])
    for lesson in lessons:
        end = _follow(root, list(lesson.prompt))
        end.children.append(_Branch(list(lesson.target), lesson.turn))
    return tuple(_nodes(root))


def paths(tree: Tree) -> Sequence[Tree]:
    """Every way from a beginning to an end as a chain; a node on several ways is trained on the first."""
    stems, taken = {node.parent for node in tree}, set[int]()
    chains = []
    for end in range(len(tree)):
        if end in stems:
            continue
        way = _way(tree, end)
        chains.append(tuple(Node(i - 1, tree[n].ids, 0 if n in taken else tree[n].turn) for i, n in enumerate(way)))
        taken.update(way)
    return chains


def lay_out(tree: Tree) -> Layout:
    """The nodes' tokens one after another."""
    layout = Layout([], [], [], [], [])
    ends: list[int] = []
    for node in tree:
        start, length = len(layout.ids), len(node.ids)
        before = ends[node.parent] if node.parent >= 0 else -1
        depth = layout.positions[before] + 1 if before >= 0 else 0
        layout.ids.extend(node.ids)
        layout.before.extend((before, *range(start, start + length - 1)))
        layout.positions.extend(range(depth, depth + length))
        layout.turns.extend([node.turn] * length)
        ends.append(start + length - 1)
    for node, last in zip(tree, _last(tree, ends), strict=True):
        layout.last.extend([last] * len(node.ids))
    return layout


def expansion(written: Sequence[int], processed: Sequence[int]) -> Expansion:
    """How a prompt as a processor gives it, its picture's tokens included, differs from the prompt as it is written."""
    start = _shared(written, processed)
    shortest = min(len(written), len(processed)) - start
    behind = _shared(written[::-1][:shortest], processed[::-1][:shortest])
    return Expansion(start, len(written) - behind, tuple(processed[start : len(processed) - behind]))


def expand(tree: Tree, picture: Expansion) -> Tree:
    """The tree with the picture's tokens. Raises ValueError if its mark does not stand where all turns agree."""
    first = tree[0]
    if first.turn or picture.stop > len(first.ids) or sum(node.parent < 0 for node in tree) > 1:
        raise ValueError("the picture does not stand in what all turns share")
    ids = (*first.ids[: picture.start], *picture.ids, *first.ids[picture.stop :])
    return (first._replace(ids=ids), *tree[1:])


def is_branched(layout: Layout) -> bool:
    """Whether some token does not follow the one at its left."""
    return any(before != place - 1 for place, before in enumerate(layout.before))


def _follow(branch: _Branch, rest: list[int]) -> _Branch:
    """The branch that ends where the prompt `rest`, which begins behind `branch`, does; grown where there is none."""
    while rest:
        best = max(branch.children, key=lambda child: _agreed(child, rest), default=None)
        shared = _shared(best.ids, rest) if best else 0
        if best is None or not shared:
            branch.children.append(grown := _Branch(rest))
            return grown
        if shared < len(best.ids):
            upper = _Branch(best.ids[shared:], best.turn, best.children)
            best.ids, best.children = best.ids[:shared], [upper]
        branch, rest = best, rest[shared:]
    return branch


def _agreed(branch: _Branch, ids: list[int]) -> int:
    """How many of the first tokens of `ids` can be read along this branch and those behind it."""
    shared = _shared(branch.ids, ids)
    if shared < len(branch.ids) or shared == len(ids):
        return shared
    return shared + max((_agreed(child, ids[shared:]) for child in branch.children), default=0)


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    shortest = min(len(one), len(other))
    return next((i for i in range(shortest) if one[i] != other[i]), shortest)


def _nodes(root: _Branch) -> Iterator[Node]:
    waiting, number = [(-1, child) for child in reversed(root.children)], 0
    while waiting:
        parent, branch = waiting.pop()
        yield Node(parent, tuple(branch.ids), branch.turn)
        waiting += [(number, child) for child in reversed(branch.children)]
        number += 1


def _last(tree: Tree, ends: Sequence[int]) -> list[int]:
    """For each node, where the last branch behind it ends; `ends` is where the nodes themselves do."""
    last = list(ends)
    for number in reversed(range(len(tree))):
        parent = tree[number].parent
        if parent >= 0:
            last[parent] = max(last[parent], last[number])
    return last


def _way(tree: Tree, end: int) -> list[int]:
    way = [end]
    while (parent := tree[way[-1]].parent) >= 0:
        way.append(parent)
    return way[::-1]
