"""From rows of dialogues to a batch: trees of tokens with their pictures, as a reading puts them into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from burnish.errors import ModelError
from burnish.generation.questions import PictureBytes, each
from burnish.images import decode
from burnish.train.batch_layout import Pictured, Reading
from burnish.train.dialogue_rows import DialogueRow
from burnish.train.encode import AnswerEncoder, key_of_all
from burnish.train.sequences import Batch
from burnish.train.token_tree import expand, expansion


@final
@dataclass(frozen=True)
class DialogueCollator:
    """Joins rows and their pictures to a batch; made for a data loader's worker processes."""

    encoder: AnswerEncoder
    open_pictures: Callable[[str], PictureBytes]
    pad_token_id: int
    reading: Reading

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Rows as mappings of the fields of `DialogueRow`, because that is how a data set gives them."""
        dialogues = [DialogueRow(**row) for row in rows]
        batch = self.reading([self.read(row) for row in dialogues], self.pad_token_id)
        pictures = [key_of_all(self.open_pictures(row.picture)) for row in dialogues]
        return {**batch, "id_E": [row.id for row in dialogues], "picture_E": pictures}

    def read(self, row: DialogueRow) -> Pictured:
        """The first prompt with its picture, if it has one, as processed, and the tree with the picture's tokens.

        Raises ModelError for a chat template that does not put the picture where all turns agree.
        """
        pictures = [decode(data) for data in each(self.open_pictures(row.picture))]
        processed = self.encoder.encoder.encode_written(row.prompt, pictures)
        found = expansion(self.encoder.tokens(row.prompt), processed.input_ids.tolist())
        try:
            return processed, expand(row.tree, found)
        except ValueError as error:
            raise ModelError(f"The model's chat template does not suit dialogues: {error}.") from error
