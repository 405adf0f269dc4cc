"""`folder:questions.jsonl`: pictures in a folder, and a JSONL, JSON, CSV, TSV or Parquet file of questions about them.

A row has `image` (a path relative to the file, or a list of these) and `question`, and may have `answer`, `id` and
`source`. Options: `#question=COLUMN` (so for each of these columns) where one is called otherwise, `#ask=TEXT` (several
times, or `#ask=@FILE`) to ask the same of every picture, `#which=2` for the second picture of a list, `#which=all` to
ask about all of them together, `#root=DIR` where the pictures lie elsewhere. A directory instead of a file is read by
`photos.py`, a Parquet file that has its pictures inside by `huggingface.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from burnish.errors import SourceError
from burnish.records import Dropped, Example
from burnish.sources.asks import read_asks
from burnish.sources.base import Candidate, Source, refuse_useless, with_picture
from burnish.sources.columns import ROLES, Columns
from burnish.sources.files import list_hint
from burnish.sources.huggingface import HuggingFaceSource
from burnish.sources.photos import PhotoFolder
from burnish.sources.remote import Root, is_address, read_picture, root_at, table_at
from burnish.sources.spec import Spec, at_home
from burnish.sources.tables import ENDINGS, holds_texts, read_rows
from burnish.sources.which import read_which


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource(Source):
    """Pictures plus a table of questions."""

    path: Path
    root: Root
    """What picture paths are relative to; nothing outside it is ever opened."""
    columns: Columns

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`folder:PATH` with its options."""
        options = spec.only("root", "ask", "which", *ROLES)
        path = table_at(spec.path)
        columns = Columns(
            named={role: options[role] for role in ROLES if role in options},
            asks=read_asks(options.get("ask")),
            which=read_which(options.get("which"), spec.path),
            default_source=path.stem.lower(),
        )
        return cls(path=path, root=root_at(options.get("root"), spec.path), columns=columns)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each row."""
        rows = read_rows(self.path, lambda found: self.columns.check(found, str(self.path)))
        found = (outcome for row in rows for outcome in self.columns.candidates(row))
        return refuse_useless(found, str(self.path), self.columns.mend)

    def load(self, candidate: Candidate) -> Example:
        """Reads the pictures' files."""
        return with_picture(
            candidate, *(read_picture(self.root, image) for image in (candidate.image, *candidate.more_images))
        )


def open_folder(spec: Spec) -> Source:
    """What `folder:PATH` names: a table of questions, a table with its pictures inside, or a directory of pictures."""
    if is_address(spec.path):
        return _open_elsewhere(spec)
    path = Path(at_home(spec.path))
    if not path.suffix and not path.exists():
        give = f"a folder of pictures, or a table of questions ({', '.join(ENDINGS)})"
        raise SourceError(f"{spec.path} is not there: give {give}{list_hint(path)}.")
    if path.is_dir() and ("ask" in spec.options or not _is_data_set(path)):
        return PhotoFolder.from_spec(spec)
    if path.is_dir() or (path.suffix.lower() == ".parquet" and path.is_file() and not holds_texts(path)):
        return HuggingFaceSource.from_spec(spec)
    return FolderSource.from_spec(spec)


def _open_elsewhere(spec: Spec) -> Source:
    """The same at an address: a table by its ending, else a directory."""
    if PurePosixPath(spec.path.partition("::")[0]).suffix.lower() not in ENDINGS:
        return PhotoFolder.from_spec(spec)
    if spec.path.lower().endswith(".parquet") and not holds_texts(table_at(spec.path)):
        return HuggingFaceSource.from_spec(spec)
    return FolderSource.from_spec(spec)


def _is_data_set(path: Path) -> bool:
    """Whether a directory is a table of the `datasets` library, saved or in Parquet."""
    saved = any((path / name).is_file() for name in ("dataset_dict.json", "state.json"))
    return saved or any(path.glob("*.parquet")) or any(path.glob("data/*.parquet"))
