"""Trees of tokens as a model reads them: a row each, joined to a batch.

Axes: S sequences, T tokens. A tree that branches becomes one sequence in which each token sees its own way back alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from burnish.models.encoding import Encoding, collate
from burnish.train.pack import Layout, Tree, is_branched, lay_out

Batch: TypeAlias = dict[str, Any]
"""A model's inputs by their own names, and beside them what `BOOKKEEPING` names: tensors all, but for pictures that
are encoded already."""

BOOKKEEPING = ("answer_mask_ST", "before_ST", "answer_ST", "example_S", "present_EA", "reference_EA")
"""Which tokens are trained; the place of the token that each one follows. In a batch of answers also which of its
example's answers a token belongs to, which example a sequence belongs to, which answers there are, and, where they
came with the pairs, their log-probabilities under the reference model."""


class PackedSequence(NamedTuple):
    """A tree with its picture, in one row."""

    encoding: Encoding
    layout: Layout


def sequence(processed: Encoding, tree: Tree) -> PackedSequence:
    """The tree's tokens with the pictures of `processed`, whose tokens all stand in the tree's first node.

    What else a model wants for each token is as processed where the picture is, and 0 at the text behind it.
    """
    layout, first = lay_out(tree), len(tree[0].ids)
    ids = torch.tensor(layout.ids, dtype=processed.input_ids.dtype)
    per_token = {}
    for name, values in processed.per_token.items():
        per_token[name] = values.new_zeros(len(ids), *values.shape[1:])
        per_token[name][:first] = values[:first]
    return PackedSequence(replace(processed, input_ids=ids, per_token=per_token), layout)


def join(sequences: Sequence[PackedSequence], pad_token_id: int) -> Batch:
    """The sequences, padded on the right.

    Where one of them branches, `attention_mask` has a row for each token, (S, 1, T, T), in which it sees itself and
    its own way back alone, and `position_ids` count along that way; else both are ordinary.
    """
    inputs = collate([one.encoding for one in sequences], pad_token_id, side="right")
    shape = inputs["input_ids"].shape
    before_ST, answer_mask_ST = torch.full(shape, -1), torch.zeros(shape, dtype=torch.bool)
    for s, (_, layout) in enumerate(sequences):
        before_ST[s, : len(layout.ids)] = torch.tensor(layout.before)
        answer_mask_ST[s, : len(layout.ids)] = torch.tensor(layout.trained)
    if any(is_branched(layout) for _, layout in sequences):
        sees_STT = ancestors(before_ST)
        inputs |= {"attention_mask": sees_STT[:, None], "position_ids": sees_STT.sum(dim=-1) - 1}
    return {**inputs, "answer_mask_ST": answer_mask_ST, "before_ST": before_ST}


def ancestors(before_ST: Tensor) -> Tensor:
    """Whether token i sees token j, (S, T, T): itself, the one that it follows, the one which that follows, and so on.

    What follows nothing (-1) sees itself alone, padding too: a row without anything to see would be no number.
    """
    sequences, length = before_ST.shape
    sees_STT = torch.eye(length, dtype=torch.bool).repeat(sequences, 1, 1)
    for sees_TT, before_T in zip(sees_STT, before_ST, strict=True):
        # tokens that follow their neighbour at the left are one run, which sees what its first token follows
        leaps = (before_T[1:] != torch.arange(length - 1)).nonzero()[:, 0] + 1
        for start, stop in pairwise([0, *leaps.tolist(), length]):
            before = int(before_T[start])
            if before >= 0:
                sees_TT[start:stop] = sees_TT[before]
            sees_TT[start:stop, start:stop] = torch.ones(stop - start, stop - start, dtype=torch.bool).tril()
    return sees_STT
