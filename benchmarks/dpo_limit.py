"""What token counts allow: the work that TRL does, over the least that the same gradients need.

Counted in multiplications and additions of one pair: linear layers and attention of both towers. A backward pass
through frozen weights costs what the forward pass does (gradients of activations alone); the adapter, the head, the
embeddings and everything that is not a matrix product are left out. Of what stands before the answers, the last layer
needs keys and values alone: with four layers that saves a fifth of a pass, with 32 one fortieth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dpo_pairs import Words
from shapes import Family

BACKWARD = 1
"""A backward pass, in forward passes."""


@dataclass(frozen=True)
class Limit:
    """How many times the pairs a second of TRL."""

    stored: float
    """With references that are there already."""
    computed: float
    cached: float
    """With references and pictures that are there already."""
    recomputed: float
    """So, and with all but the last of the layers computed twice."""


def limit(family: Family, width: int, layers: int, words: Words, negatives: int) -> Limit:
    """For answers of mean length; both sides compute attention in full, as masked attention does."""
    answer = sum(words.answer) / 2 + 1
    prompt = words.picture + words.question + 4
    language = _tower(width, layers, gated=True)
    picture = _tower(width, layers, gated=family.gated)(family.patches)
    tokens = prompt + (negatives + 1) * answer
    apart, whole = language(prompt + answer), language(tokens)
    tree = whole - _unread(width, prompt, tokens)
    trl = negatives * 2 * ((1 + BACKWARD + 1) * apart + 2 * picture)
    passes = 1 + BACKWARD
    return Limit(
        stored=trl / (passes * tree + picture),
        computed=trl / ((passes + 1) * tree + picture),
        cached=trl / (passes * tree),
        recomputed=trl / (passes * tree + (1 - 1 / layers) * whole),
    )


def _unread(width: int, prompt: float, tokens: float) -> float:
    """Operations of the last layer of a gated tower for tokens that predict nothing, keys and values aside."""
    matrices = 2 + 3 * 4
    return prompt * (2 * matrices * width**2 + 4 * width * tokens)


def _tower(width: int, layers: int, *, gated: bool) -> Callable[[float], float]:
    """Operations of a forward pass over so many tokens; the feed-forward network is four times as wide."""
    matrices = 4 + (3 if gated else 2) * 4

    def operations(tokens: float) -> float:
        return layers * (2 * matrices * width**2 * tokens + 4 * width * tokens**2)

    return operations
