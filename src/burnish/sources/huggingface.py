"""`huggingface:path-or-name`: a data set of the `datasets` library, from this disk or from the Hub.

A path is a folder that `save_to_disk` wrote, a folder of Parquet files or pictures, or one Parquet file; anything
else is a name on the Hub. Options: `#split=NAME` (or just `#NAME`) and `#config=NAME` where there are several;
`#image=`, `#question=`, `#answer=` and `#source=` with a column each, where the usual names do not tell
(`#answer=none` for no answers); `#ask=TEXT` to ask the same of every picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

from burnish.errors import ImageError, LineError, SourceError
from burnish.images import read_inside
from burnish.records import Dropped, Example
from burnish.sources.base import Candidate, Source, dropped_row, key_of, refuse_useless, with_picture
from burnish.sources.fields import one_line, scalar_field, text_field
from burnish.sources.hub_columns import HubColumns, choose_columns
from burnish.sources.hub_open import open_dataset, picture_root
from burnish.sources.spec import Spec, at_home

if TYPE_CHECKING:
    from datasets import Dataset

Values: TypeAlias = Mapping[str, object]
BATCH = 1000
"""Rows in memory at once while candidates are listed; pictures are not among them."""


@dataclass(frozen=True, kw_only=True)
class HuggingFaceSource(Source):
    """Rows of a `datasets` table with a picture column."""

    path: str
    split: str | None = None
    config: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns that the user named, by role."""
    ask: str | None = None
    """One question for every picture."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`huggingface:PATH-OR-NAME` with its options."""
        roles = ("image", "question", "answer", "source")
        options = spec.only("split", "config", *roles, "ask")
        return cls(
            path=at_home(spec.path),
            split=options.get("split"),
            config=options.get("config"),
            columns={role: options[role] for role in roles if role in options},
            ask=options.get("ask"),
        )

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each row; rows with the same `image_id` count as questions on one picture."""
        return refuse_useless(self._candidates(), self.path, "name its columns with #question=COLUMN")

    def load(self, candidate: Candidate) -> Example:
        """Takes the picture's bytes from the table, or from the file that the table names."""
        picture = self._pictures[int(candidate.image)][self._roles.image]
        if picture is None:
            raise ImageError("missing image", f"Row {candidate.image} of {self.path} has no picture.")
        data = picture["bytes"]
        return with_picture(candidate, data or read_inside(picture_root(self.path), str(picture["path"] or "")))

    @cached_property
    def _table(self) -> Dataset:
        return open_dataset(self.path, self.config, self.split)

    @cached_property
    def _roles(self) -> HubColumns:
        return choose_columns(self._table.features, self.columns, self.ask, self.path)

    @cached_property
    def _pictures(self) -> Dataset:
        from datasets import Image

        pictures = self._table.select_columns([self._roles.image])
        stored = isinstance(self._table.features[self._roles.image], Image)
        return pictures.cast_column(self._roles.image, Image(decode=False)) if stored else pictures

    def _candidates(self) -> Iterator[Candidate | Dropped]:
        first_row: dict[object, int] = {}
        for row, values in enumerate(self._text_rows()):
            picture_id = values.get(self._roles.picture_id)
            picture = row if picture_id is None else first_row.setdefault(picture_id, row)
            try:
                yield self._candidate(values, row, picture)
            except LineError as error:
                yield dropped_row(f"row {row}", self._name, error)

    def _text_rows(self) -> Iterator[Values]:
        texts = self._table.select_columns(self._roles.texts)
        for start in range(0, len(texts), BATCH):
            stop = min(start + BATCH, len(texts))
            columns = _columns(texts, start, stop, self.path)
            for i in range(stop - start):
                yield {name: column[i] for name, column in columns.items()}

    def _candidate(self, values: Values, row: int, picture: int) -> Candidate:
        answers = _answers(values.get(self._roles.answer), self._roles.labels)
        return Candidate(
            id=key_of(f"row {row}"),
            image=str(picture),
            question=self.ask or text_field(values, self._roles.question),
            answer=Counter(answers).most_common(1)[0][0] if answers else None,
            source=scalar_field(values, self._roles.source) or self._name,
            facts={"answers": [*answers]} if len(answers) > 1 else {},
        )

    @property
    def _name(self) -> str:
        return Path(self.path).stem.lower()


def _columns(table: Dataset, start: int, stop: int, path: str) -> Mapping[str, list[object]]:
    """The values of some rows by column. Raises SourceError for dates that Python has no word for."""
    try:
        columns: Mapping[str, list[object]] = table[start:stop]
    except (OverflowError, ValueError) as error:
        raise SourceError(
            f"Rows {start:,} to {stop - 1:,} of {path} hold a value that cannot be read: {one_line(error)}."
        ) from error
    return columns


def _answers(value: object, labels: Sequence[str]) -> list[str]:
    """All answers to one question: several where, as in VQA, several people answered."""
    if isinstance(value, list):
        given = (one.get("answer") if isinstance(one, dict) else one for one in value)
        return [answer for one in given for answer in _answers(one, labels)]
    if labels and isinstance(value, int):
        return [labels[value]] if 0 <= value < len(labels) else []  # -1 marks a test split's secret labels
    answer = scalar_field({"answer": value}, "answer")
    return [answer] if answer else []
