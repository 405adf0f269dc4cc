"""`huggingface:path-or-name`: a data set of the `datasets` library, from this disk or from the Hub.

A path is a folder that `save_to_disk` wrote, a folder of Parquet files or pictures, or one Parquet file; anything
else is a name on the Hub. Options: `#split=NAME` (or just `#NAME`) and `#config=NAME` where there are several;
`#image=`, `#question=`, `#answer=`, `#id=` and `#source=` with a column each, where the usual names do not tell
(`#answer=none` for no answers); `#ask=TEXT` (several times, or `#ask=@FILE`) to ask the same of every picture;
`#which=2` for the second of several pictures in a row, `#which=all` to ask about all of them together; `#root=DIR`
where paths of pictures are relative to it.

A picture is an Image, bytes, base64, a data URL, a path, or a list with one of these; questions are a column of texts
or of conversations, each of whose questions is one of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from burnish.errors import ImageError, LineError, SourceError
from burnish.records import Dropped, Example
from burnish.sources.asks import ask_all, read_asks
from burnish.sources.base import Candidate, Source, dropped_row, key_of, refuse_useless, with_picture
from burnish.sources.conversation import TurnQuestion, questions, read_messages
from burnish.sources.embedded import pictures_bytes
from burnish.sources.fields import RowValues, one_line, scalar_field, text_field
from burnish.sources.hub_columns import HubColumns, choose_columns, undecoded
from burnish.sources.hub_open import open_dataset, picture_root
from burnish.sources.remote import Root, is_address, root_at, table_at
from burnish.sources.spec import Spec, at_home
from burnish.sources.which import Which, read_which

if TYPE_CHECKING:
    from datasets import Dataset

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
    asks: tuple[str, ...] = ()
    """Questions for every picture."""
    root: Root | None = None
    """What paths of pictures are relative to; None for where the table lies."""
    which: Which = None
    """The pictures that are asked about, where a row has several."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`huggingface:PATH-OR-NAME` with its options."""
        roles = ("image", "question", "answer", "source", "id")
        options = spec.only("split", "config", *roles, "ask", "root", "which")
        return cls(
            path=str(table_at(spec.path)) if is_address(spec.path) else at_home(spec.path),
            split=options.get("split"),
            config=options.get("config"),
            columns={role: options[role] for role in roles if role in options},
            asks=read_asks(options.get("ask")),
            root=_root(options.get("root"), spec.path),
            which=read_which(options.get("which"), spec.path),
        )

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each row; rows with the same `image_id` count as questions on one picture."""
        return refuse_useless(self._candidates(), self.path, "name its columns with #question=COLUMN")

    def load(self, candidate: Candidate) -> Example:
        """Takes the pictures' bytes from the table, or from the files that the table names."""
        cell = self._pictures[int(candidate.image)][self._roles.image]
        try:
            pictures = pictures_bytes(cell, self.root or picture_root(self.path), self.which)
        except ImageError as error:
            raise ImageError(error.reason, f"Row {candidate.image} of {self.path}: {error}") from error
        return with_picture(candidate, *pictures)

    @cached_property
    def _table(self) -> Dataset:
        return open_dataset(self.path, self.config, self.split)

    @cached_property
    def _roles(self) -> HubColumns:
        return choose_columns(self._table.features, self.columns, self.asks, self.path)

    @cached_property
    def _pictures(self) -> Dataset:
        pictures = self._table.select_columns([self._roles.image])
        feature = undecoded(self._table.features[self._roles.image])
        return pictures.cast_column(self._roles.image, feature) if feature else pictures

    def _candidates(self) -> Iterator[Candidate | Dropped]:
        first_row: dict[object, int] = {}
        for row, values in enumerate(self._text_rows()):
            picture_id = values.get(self._roles.picture_id)
            picture = row if picture_id is None else first_row.setdefault(picture_id, row)
            try:
                yield from self._of_row(values, row, picture)
            except LineError as error:
                yield dropped_row(f"row {row}", self._name, error)

    def _text_rows(self) -> Iterator[RowValues]:
        texts = self._table.select_columns(self._roles.texts)
        for start in range(0, len(texts), BATCH):
            stop = min(start + BATCH, len(texts))
            columns = _columns(texts, start, stop, self.path)
            for i in range(stop - start):
                yield {name: column[i] for name, column in columns.items()}

    def _of_row(self, values: RowValues, row: int, picture: int) -> Iterator[Candidate | Dropped]:
        """The row's question, the same for each that is asked of all, or every question of its conversation."""
        answers = _answers(values.get(self._roles.answer), self._roles.labels)
        plain = Candidate(
            id=scalar_field(values, self._roles.id) or key_of(f"row {row}"),
            image=str(picture),
            question="",
            answer=Counter(answers).most_common(1)[0][0] if answers else None,
            source=scalar_field(values, self._roles.source) or self._name,
            facts={"answers": [*answers]} if len(answers) > 1 else {},
        )
        if self.asks:
            yield from ask_all(plain, self.asks)
        elif self._roles.talks:
            yield from self._of_conversation(plain, values, f"row {row}")
        else:
            yield replace(plain, question=text_field(values, self._roles.question))

    def _of_conversation(self, plain: Candidate, values: RowValues, place: str) -> Iterator[Candidate | Dropped]:
        name = self._roles.question
        for found in questions(read_messages(values.get(name), name)):
            if isinstance(found, TurnQuestion):
                key = f"{plain.id}-message-{found.number}"
                answer = plain.answer or found.answer
                yield replace(plain, id=key, question=found.text, answer=answer, before=found.before)
            else:
                number, error = found
                yield dropped_row(f"{place}, message {number}", plain.source, error)

    @property
    def _name(self) -> str:
        return Path(self.path).stem.lower()


def _root(option: str | None, table: str) -> Root | None:
    """Where pictures are, if the user says it or the table lies elsewhere."""
    return root_at(option, table) if option is not None or is_address(table) else None


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
