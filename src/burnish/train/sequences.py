"""Trees of tokens as a model reads them: one or several in a row, rows joined to a batch.

Axes: S rows, T tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from burnish.models.encoding import Encoding, collate, join_pictures
from burnish.train.token_tree import Layout, Tree, lay_out

Batch: TypeAlias = dict[str, Any]
"""A model's inputs by their own names, and beside them what `BOOKKEEPING` names: tensors all, but for pictures that
are encoded already."""

BOOKKEEPING = (
    *("tokens", "answer_mask_ST", "turn_ST", "tree_ST", "before_ST", "last_ST", "chain"),
    *("id_E", "picture_E", "present_EA", "reference_EA", "examples"),
)
"""How many tokens there are, padding aside; which are trained, at which turn, and of which of the batch's trees;
the place of the token that each one follows and, where rows need a mask of their own, of the last token that sees it,
and how many tokens at the beginning of all rows are a chain; each tree's example and the content key of its picture. In
a batch of answers, which are the turns of their example, also which of them there are, where they came with the pairs,
their log-probabilities under the reference model, and how many trees are examples: those behind are chosen answers
under distorted pictures."""


class PackedSequence(NamedTuple):
    """A tree with its picture, laid out."""

    number: int
    """Of the tree in its batch."""
    encoding: Encoding
    layout: Layout


def sequence(number: int, processed: Encoding, tree: Tree) -> PackedSequence:
    """The tree's tokens with the pictures of `processed`, whose tokens all stand in the tree's first node.

    What else a model wants for each token is as processed where the picture is, and behind it as for text there.
    """
    layout, first = lay_out(tree), len(tree[0].ids)
    ids = torch.tensor(layout.ids, dtype=processed.input_ids.dtype)
    per_token = {}
    for name, values in processed.per_token.items():
        per_token[name] = values.new_zeros(len(ids), *values.shape[1:])
        if name in processed.behind:
            per_token[name][:] = processed.behind[name]
        per_token[name][:first] = values[:first]
    return PackedSequence(number, replace(processed, input_ids=ids, per_token=per_token), layout)


def join(rows: Sequence[Sequence[PackedSequence]], pad_token_id: int) -> Batch:
    """The rows with an ordinary mask, padded on the right; pictures in the order in which their tokens stand."""
    inputs = collate([_side_by_side(row) for row in rows], pad_token_id, side="right")
    tokens = torch.tensor(sum(len(one.encoding) for row in rows for one in row))
    before_ST = torch.full_like(inputs["input_ids"], -1)
    turn_ST, tree_ST = torch.zeros_like(before_ST), torch.zeros_like(before_ST)
    for s, place, (number, _, layout) in _places(rows):
        before_ST[s, place] = _moved(layout.before, place.start)
        turn_ST[s, place] = torch.tensor(layout.turns)
        tree_ST[s, place] = number
    bookkeeping = {"answer_mask_ST": turn_ST > 0, "turn_ST": turn_ST, "tree_ST": tree_ST, "before_ST": before_ST}
    return {**inputs, **join_pictures([one.encoding for row in rows for one in row]), "tokens": tokens, **bookkeeping}


def join_trees(rows: Sequence[Sequence[PackedSequence]], pad_token_id: int) -> Batch:
    """The rows with what a mask of their own is made of: `last_ST`, and positions that count along each way.

    Padding sees itself alone: a row without anything to see would be no number.
    """
    batch = join(rows, pad_token_id)
    del batch["attention_mask"]
    shape = batch["input_ids"].shape
    last_ST, position_ST = torch.arange(shape[1]).repeat(shape[0], 1), torch.zeros(shape, dtype=torch.long)
    for s, place, (_, _, layout) in _places(rows):
        last_ST[s, place] = _moved(layout.last, place.start)
        position_ST[s, place] = torch.tensor(layout.positions)
    return {**batch, "last_ST": last_ST, "position_ids": position_ST, "chain": chain_length(batch["before_ST"])}


def chain_length(before_ST: Tensor) -> int:
    """How many tokens at the beginning of all rows follow the one at their left."""
    follows_T = (before_ST == torch.arange(before_ST.shape[1]) - 1).all(dim=0)
    return int(follows_T.cumprod(dim=0).sum())


def _side_by_side(row: Sequence[PackedSequence]) -> Encoding:
    """The row's tokens without their pictures."""
    parts = [one.encoding for one in row]
    per_token = {name: torch.cat([part.per_token[name] for part in parts]) for name in parts[0].per_token}
    ids = torch.cat([part.input_ids for part in parts])
    return Encoding(input_ids=ids, per_token=per_token, behind=parts[-1].behind, pictures={})


def _places(rows: Sequence[Sequence[PackedSequence]]) -> Iterator[tuple[int, slice, PackedSequence]]:
    """Each sequence with its row and its place there."""
    for s, row in enumerate(rows):
        start = 0
        for one in row:
            yield s, slice(start, start + len(one.encoding)), one
            start += len(one.encoding)


def _moved(places: Sequence[int], start: int) -> Tensor:
    """Places in a tree as places in its row; -1 stays."""
    places_T = torch.tensor(places)
    return torch.where(places_T < 0, places_T, places_T + start)
