"""From rows of dialogues to a batch: trees of tokens with their pictures, as one sequence each or as one a branch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from burnish.errors import ModelError
from burnish.images import decode
from burnish.models.encoding import Encoding, collate
from burnish.train.dialogue_rows import DialogueRow
from burnish.train.encode import AnswerEncoder, Batch
from burnish.train.pack import Layout, Tree, Unfold, expand, expansion, is_branched, lay_out


class PackedSequence(NamedTuple):
    """A tree with its picture, in one row."""

    encoding: Encoding
    layout: Layout


@final
@dataclass(frozen=True)
class DialogueCollator:
    """Joins rows and their pictures to a batch; made for a data loader's worker processes."""

    encoder: AnswerEncoder
    open_picture: Callable[[str], bytes]
    pad_token_id: int
    unfold: Unfold
    """`pack.whole` for a model that can read branches, else `pack.paths`."""

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Rows as mappings of the fields of `DialogueRow`, because that is how a data set gives them."""
        return dialogue_batch([one for row in rows for one in self.sequences(DialogueRow(**row))], self.pad_token_id)

    def sequences(self, row: DialogueRow) -> list[PackedSequence]:
        """The row's tree, or its branches, with the picture's tokens in the place of its mark.

        Raises ModelError for a chat template that does not put the picture where all turns agree.
        """
        processed, tree = self.read(row)
        return [_sequence(processed, one) for one in self.unfold(tree)]

    def read(self, row: DialogueRow) -> tuple[Encoding, Tree]:
        """The first prompt with its picture as processed, and the tree with the picture's tokens. See `sequences`."""
        picture = decode(self.open_picture(row.picture))
        processed = self.encoder.encoder.encode_written(row.prompt, [picture])
        found = expansion(self.encoder.tokens(row.prompt), processed.input_ids.tolist())
        try:
            return processed, expand(row.tree, found)
        except ValueError as error:
            raise ModelError(f"The model's chat template does not suit dialogues: {error}.") from error


def dialogue_batch(sequences: Sequence[PackedSequence], pad_token_id: int) -> Batch:
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
    each_S = torch.arange(sequences)
    for t in range(1, length):
        before_S = before_ST[:, t]
        sees_STT[:, t] |= sees_STT[each_S, before_S] & (before_S >= 0)[:, None]
    return sees_STT


def _sequence(processed: Encoding, tree: Tree) -> PackedSequence:
    """What else a model wants for each token is as processed where the picture is, and 0 at the text behind it."""
    layout, first = lay_out(tree), len(tree[0].ids)
    ids = torch.tensor(layout.ids, dtype=processed.input_ids.dtype)
    per_token = {}
    for name, values in processed.per_token.items():
        per_token[name] = values.new_zeros(len(ids), *values.shape[1:])
        per_token[name][:first] = values[:first]
    return PackedSequence(replace(processed, input_ids=ids, per_token=per_token), layout)
