"""From rows of dialogues to a batch: trees of tokens with their pictures, as a reading puts them into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from burnish.errors import ModelError
from burnish.ids import content_key
from burnish.images import decode
from burnish.train.dialogue_rows import DialogueRow
from burnish.train.encode import AnswerEncoder
from burnish.train.pack import expand, expansion
from burnish.train.reading import Pictured, Reading
from burnish.train.sequences import Batch


@final
@dataclass(frozen=True)
class DialogueCollator:
    """Joins rows and their pictures to a batch; made for a data loader's worker processes."""

    encoder: AnswerEncoder
    open_picture: Callable[[str], bytes]
    pad_token_id: int
    reading: Reading

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Rows as mappings of the fields of `DialogueRow`, because that is how a data set gives them."""
        dialogues = [DialogueRow(**row) for row in rows]
        batch = self.reading([self.read(row) for row in dialogues], self.pad_token_id)
        pictures = [content_key(self.open_picture(row.picture)) for row in dialogues]
        return {**batch, "id_E": [row.id for row in dialogues], "picture_E": pictures}

    def read(self, row: DialogueRow) -> Pictured:
        """The first prompt with its picture, if it has one, as processed, and the tree with the picture's tokens.

        Raises ModelError for a chat template that does not put the picture where all turns agree.
        """
        data = self.open_picture(row.picture)
        processed = self.encoder.encoder.encode_written(row.prompt, [decode(data)] if data else [])
        found = expansion(self.encoder.tokens(row.prompt), processed.input_ids.tolist())
        try:
            return processed, expand(row.tree, found)
        except ValueError as error:
            raise ModelError(f"The model's chat template does not suit dialogues: {error}.") from error
