"""From rows of dialogues to a batch: trees of tokens with their pictures, as one sequence each or as one a branch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from burnish.errors import ModelError
from burnish.images import decode
from burnish.models.encoding import Encoding
from burnish.train.dialogue_rows import DialogueRow
from burnish.train.encode import AnswerEncoder
from burnish.train.pack import Tree, Unfold, expand, expansion
from burnish.train.sequences import Batch, PackedSequence, join, sequence


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
        return join([one for row in rows for one in self.sequences(DialogueRow(**row))], self.pad_token_id)

    def sequences(self, row: DialogueRow) -> list[PackedSequence]:
        """The row's tree, or its branches, with the picture's tokens in the place of its mark.

        Raises ModelError for a chat template that does not put the picture where all turns agree.
        """
        processed, tree = self.read(row)
        return [sequence(processed, one) for one in self.unfold(tree)]

    def read(self, row: DialogueRow) -> tuple[Encoding, Tree]:
        """The first prompt with its picture as processed, and the tree with the picture's tokens. See `sequences`."""
        picture = decode(self.open_picture(row.picture))
        processed = self.encoder.encoder.encode_written(row.prompt, [picture])
        found = expansion(self.encoder.tokens(row.prompt), processed.input_ids.tolist())
        try:
            return processed, expand(row.tree, found)
        except ValueError as error:
            raise ModelError(f"The model's chat template does not suit dialogues: {error}.") from error
