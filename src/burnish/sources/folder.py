"""`folder:questions.jsonl`: pictures in a folder, and a JSONL, CSV or Parquet file of questions about them.

A row has `image` (a path relative to the file) and `question`, and may have `answer`, `id` and `source`. Options:
`#question=COLUMN` (so for each of these columns) where one is called otherwise, `#ask=TEXT` to ask the same of
every picture, `#root=DIR` where the pictures lie elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from burnish.images import read_inside
from burnish.records import Dropped, Example
from burnish.sources.base import Candidate, Source, refuse_useless, with_picture
from burnish.sources.columns import ROLES, Columns
from burnish.sources.spec import Spec, at_home
from burnish.sources.tables import read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource(Source):
    """Pictures plus a table of questions."""

    path: Path
    root: Path
    """What picture paths are relative to; nothing outside it is ever opened."""
    columns: Columns

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`folder:PATH` with its options."""
        options = spec.only("root", "ask", *ROLES)
        path = Path(at_home(spec.path))
        columns = Columns(
            named={role: options[role] for role in ROLES if role in options},
            ask=options.get("ask"),
            default_source=path.stem.lower(),
        )
        return cls(path=path, root=Path(at_home(options.get("root", str(path.parent)))), columns=columns)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each row."""
        rows = read_rows(self.path, lambda found: self.columns.check(found, str(self.path)))
        return refuse_useless(map(self.columns.candidate, rows), str(self.path), self.columns.mend)

    def load(self, candidate: Candidate) -> Example:
        """Reads the picture's file."""
        return with_picture(candidate, read_inside(self.root, candidate.image))
