"""`folder:photos#ask=Describe this picture.`: all pictures in a directory and below it, and what is asked of each.

Options: `#ask=TEXT`, several times or as `#ask=@FILE` with a question on each line (`--per-image K` takes K of them for
each picture); `#truths=TABLE`, a table with `image` (a picture's path in the directory, or its file name) and `answer`
(`#image=` and `#answer=` where they are called otherwise); `#source=NAME`, else the directory's own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Self

from burnish.errors import LineError, SourceError
from burnish.records import Dropped, Example
from burnish.sources.asks import ask_all, read_asks
from burnish.sources.base import Candidate, Source, dropped_row, with_picture
from burnish.sources.fields import scalar_field, text_field
from burnish.sources.json_items import FileRow
from burnish.sources.remote import RemoteFolder, Root, read_picture, root_at, table_at
from burnish.sources.spec import Spec
from burnish.sources.tables import ColumnNames, read_rows

ENDINGS = frozenset(
    (".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
"""Of pictures, those that cannot be decoded here among them: they are counted, not passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFolder(Source):
    """A directory of pictures; hidden files and directories, and links to directories, are passed over."""

    root: Root
    asks: tuple[str, ...]
    source: str
    truths: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns of the table of truths, by role."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`folder:DIRECTORY` with its options. Raises SourceError where nothing is asked."""
        options = spec.only("ask", "truths", "image", "answer", "source")
        root, asks = root_at(spec.path, ""), read_asks(options.get("ask"))
        if not asks:
            raise SourceError(
                f"{spec.path} is a directory: say what to ask of its pictures, as in "
                f"'folder:{spec.path}#ask=Describe this picture.', or give a file of questions in it."
            )
        return cls(
            root=root,
            asks=asks,
            source=options.get("source", _name_of(root)),
            truths=table_at(options["truths"]) if "truths" in options else None,
            columns={role: options[role] for role in ("image", "answer") if role in options},
        )

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each picture and question, in the order of paths, then why rows of truths are no use."""
        names = sorted(pictures_in(self.root))
        if not names:
            raise SourceError(
                f"{_shown(self.root)} holds no picture ({', '.join(sorted(ENDINGS))}): give another directory."
            )
        truths, faults = self._truths(names)
        for name in names:
            plain = Candidate(id=name, image=name, question="", answer=truths.get(name), source=self.source)
            yield from ask_all(plain, self.asks)
        yield from faults

    def load(self, candidate: Candidate) -> Example:
        """Reads the picture's file."""
        return with_picture(candidate, read_picture(self.root, candidate.image))

    def _truths(self, names: list[str]) -> tuple[dict[str, str], list[Dropped]]:
        """The answers by picture, and the rows that fit none."""
        if self.truths is None:
            return {}, []
        truths: dict[str, str] = {}
        faults: list[Dropped] = []
        by_name = Counter(PurePosixPath(name).name for name in names)
        paths = {PurePosixPath(name).name: name for name in names} | {name: name for name in names}
        for row in read_rows(self.truths, self._check):
            try:
                picture, answer = self._row(row)
                if picture not in paths or (paths[picture] != picture and by_name[picture] > 1):
                    why = (
                        "is the name of several pictures"
                        if picture in paths
                        else f"is no picture in {_shown(self.root)}"
                    )
                    raise LineError("truth without a picture", f"is about {picture!r}, which {why}")
                truths[paths[picture]] = answer
            except LineError as error:
                fault = dropped_row(row.place, self.source, error)
                faults.append(
                    Dropped(id=f"truth-{fault.id}", source=self.source, reason=error.reason, detail=fault.detail)
                )
        return truths, faults

    def _check(self, found: ColumnNames) -> ColumnNames:
        wanted = [self._column("image"), self._column("answer")]
        for name in wanted:
            if name not in found:
                raise SourceError(
                    f"{self.truths} has no column {name!r}, only {', '.join(found)}: name the right ones with "
                    "#image=COLUMN and #answer=COLUMN."
                )
        return wanted

    def _row(self, row: FileRow) -> tuple[str, str]:
        if isinstance(row.values, LineError):
            raise row.values
        answer = scalar_field(row.values, self._column("answer"))
        if answer is None:
            raise LineError("no answer", f"has no {self._column('answer')!r}")
        return text_field(row.values, self._column("image")), answer

    def _column(self, role: str) -> str:
        return self.columns.get(role, role)


def _shown(root: Root) -> str:
    return root.address if isinstance(root, RemoteFolder) else str(root)


def _name_of(root: Root) -> str:
    """The directory's own name."""
    name = PurePosixPath(root.address).name if isinstance(root, RemoteFolder) else root.resolve().name
    return name.lower() or "pictures"


def pictures_in(root: Root) -> Iterator[str]:
    """Paths below the root, with `/`."""
    if isinstance(root, RemoteFolder):
        paths = map(PurePosixPath, root.names())
        hidden = (path for path in paths if not any(part.startswith(".") for part in path.parts))
        yield from (str(path) for path in hidden if path.suffix.lower() in ENDINGS)
        return
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in ENDINGS:
                yield (Path(folder) / name).relative_to(root).as_posix()
