"""Which column of a table holds what, and how a row becomes a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.errors import LineError, SourceError
from burnish.records import Dropped
from burnish.sources.asks import ask_all
from burnish.sources.base import Candidate, dropped_row, key_of
from burnish.sources.fields import listed, scalar_field, text_field
from burnish.sources.json_items import FileRow
from burnish.sources.which import Which, chosen

ROLES = ("image", "question", "answer", "id", "source")
"""What columns hold; also the options that name a column: `#question=sentence`."""
LIST = "images"
"""The field of a list of pictures, where no other is named and there is no `image`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a table of questions.

    `image` and `question` must be there, and so must every column that the user named.
    """

    named: Mapping[str, str]
    """The column of a role that is not called like it: {"question": "sentence"}."""
    asks: tuple[str, ...] = ()
    """Questions for every picture, for tables that have none."""
    which: Which = None
    """The pictures that are asked about, where a row has several."""
    default_source: str
    """The source name of rows that give none."""

    def check(self, found: Sequence[str], where: str) -> list[str]:
        """Which of the columns `found` to read. Raises SourceError that names the first one missing."""
        for role in self._required():
            if self._column(role) not in found:
                raise SourceError(f"{where} has no column {self._column(role)!r}, only {listed(found)}: {self.mend}.")
        return [column for role in ROLES if (column := self._column(role)) in found]

    @property
    def mend(self) -> str:
        """How to say which columns to use."""
        return "name the right ones with #image=COLUMN and #question=COLUMN, or ask the same of all with #ask=TEXT"

    def candidates(self, row: FileRow) -> Sequence[Candidate | Dropped]:
        """The row as a candidate, one for each question that is asked of all; or why it is none."""
        try:
            candidate = self._candidate(row.values, key_of(row.place))
        except LineError as error:
            return [dropped_row(row.place, self.default_source, error)]
        return ask_all(candidate, self.asks) if self.asks else [candidate]

    def _candidate(self, values: Mapping[str, object] | LineError, key: str) -> Candidate:
        if isinstance(values, LineError):
            raise values
        for role in self.named:
            if self._column(role) not in values:
                raise LineError(f"no {role}", f"has no {self._column(role)!r}, only {listed(values)}")
        image, *more = self._pictures(values)
        return Candidate(
            id=scalar_field(values, self._column("id")) or key,
            image=image,
            more_images=tuple(more),
            question="" if self.asks else text_field(values, self._column("question")),
            answer=scalar_field(values, self._column("answer")),
            source=scalar_field(values, self._column("source")) or self.default_source,
        )

    def _pictures(self, values: Mapping[str, object]) -> list[str]:
        """The paths of the row's pictures that are asked about: one, or several of a list."""
        name = self._column("image")
        if name not in values and "image" not in self.named and LIST in values:
            name = LIST
        value = values.get(name)
        pictures = chosen(value if isinstance(value, list) and value else [value], self.which)
        return [text_field({name: one} if one else values, name) for one in pictures]

    def _required(self) -> list[str]:
        always = ("image",) if self.asks else ("image", "question")
        return [role for role in ROLES if role in always or role in self.named]

    def _column(self, role: str) -> str:
        return self.named.get(role, role)
