"""What --data names: the folder of an official release, or a data set with the same questions and their pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, final

from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.files import Item
from burnish.errors import ImageError, SourceError
from burnish.images import read_inside
from burnish.sources.hub_open import open_dataset, picture_root
from burnish.sources.spec import at_home, parse_spec

if TYPE_CHECKING:
    from datasets import Dataset

OfficialRows: TypeAlias = Callable[[Path], Iterator[Item]]
"""From the folder of a release to its rows."""
NameOf: TypeAlias = Callable[[Item], str]
"""From a row of a release to the name of its picture."""
HUB = "huggingface"
ROW = "row"
"""The field under which a row of a data set has its own number."""
PICTURE = "image"
BATCH = 1000
"""Rows of a data set in memory at once; pictures are not among them."""


class Data(Protocol):
    """A benchmark's rows and pictures, wherever they are."""

    def rows(self, official: OfficialRows) -> Iterator[Item]:
        """All rows in the official order. Raises SourceError."""
        ...

    def has_picture(self, row: Item) -> bool:
        """Whether the row is about a picture at all."""
        ...

    def picture(self, row: Item, name_of: NameOf) -> str:
        """What `read` finds the row's picture by. Raises SourceError where the picture is not there."""
        ...

    def read(self, name: str) -> bytes:
        """The picture's file content. Raises ImageError."""
        ...


def open_data(config: AskConfig, places: tuple[str, ...], release: str) -> Data:
    """What --data names; `places` are the folders in which the release, of which `release` tells, has its pictures."""
    if config.data.startswith(f"{HUB}:"):
        return HubTable.open(config.data)
    return Release.open(config, places, release)


@final
@dataclass(frozen=True)
class Release:
    """A folder with the official files, whose pictures lie in one of the usual places under it, or in --images."""

    root: Path
    places: tuple[Path, ...]
    release: str

    @classmethod
    def open(cls, config: AskConfig, places: tuple[str, ...], release: str) -> Release:
        """The folder. Raises SourceError where there is none."""
        root = Path(config.data).expanduser()
        if not root.is_dir():
            raise SourceError(
                f"--data {config.data} is not a folder: give the one with the official files ({release})."
            )
        if config.images is None:
            return cls(root, tuple(root / place for place in places), release)
        if not Path(config.images).is_dir():
            raise SourceError(f"--images {config.images} is not a folder: give the one with the pictures ({release}).")
        return cls(root, (Path(config.images),), release)

    def rows(self, official: OfficialRows) -> Iterator[Item]:
        """All rows of the official files."""
        return official(self.root)

    def has_picture(self, row: Item) -> bool:  # noqa: ARG002 - whoever reads the release leaves others out
        """All rows are."""
        return True

    def picture(self, row: Item, name_of: NameOf) -> str:
        """The picture's name in its place."""
        name = name_of(row)
        path = self._place(name) / name
        if not path.is_file():
            raise SourceError(
                f"{path}, the picture of {row.where}, is not there: {self.release}; give its folder with --images if "
                "it lies elsewhere."
            )
        return name

    def read(self, name: str) -> bytes:
        """The file's content; nothing outside the pictures' place is read."""
        return read_inside(self._place(name), name)

    def _place(self, name: str) -> Path:
        """The place that has the picture, else the first one."""
        return next((place for place in self.places if (place / name).is_file()), self.places[0])


@final
@dataclass(frozen=True)
class HubTable:
    """A table of the `datasets` library with a column `image`."""

    path: str
    split: str | None
    config: str | None

    @classmethod
    def open(cls, text: str) -> HubTable:
        """`huggingface:PATH` with its options. Raises SourceError."""
        spec = parse_spec(text, (HUB,))
        options = spec.only("split", "config")
        return cls(at_home(spec.path), options.get("split"), options.get("config"))

    def rows(self, official: OfficialRows) -> Iterator[Item]:  # noqa: ARG002 - a release reads itself by it
        """All rows of the table."""
        return iter(self)

    def __iter__(self) -> Iterator[Item]:
        """All rows, without their pictures; what is None counts as not there."""
        texts = self._table.select_columns([n for n, kind in self._table.features.items() if not _has_pictures(kind)])
        for start in range(0, len(texts), BATCH):
            columns: dict[str, list[Any]] = texts[start : start + BATCH]
            for i, values in enumerate(zip(*columns.values(), strict=True)):
                filled = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
                yield Item(f"{self.path}, row {start + i}", {**filled, ROW: start + i})

    def has_picture(self, row: Item) -> bool:
        """Whether the row's cell is filled."""
        return int(row.key(ROW)) not in self._bare

    def picture(self, row: Item, name_of: NameOf) -> str:  # noqa: ARG002 - a row is found by its number
        """The row's number."""
        return row.key(ROW)

    def read(self, name: str) -> bytes:
        """The picture's bytes from the table, or from the file that the table names."""
        value = self._pictures[int(name)][PICTURE]
        picture = value[0] if isinstance(value, list) and value else value
        if not picture:
            raise ImageError("missing image", f"Row {name} of {self.path} has no picture.")
        return picture["bytes"] or read_inside(picture_root(self.path), str(picture["path"] or ""))

    @cached_property
    def _table(self) -> Dataset:
        table = open_dataset(self.path, self.config, self.split)
        if PICTURE not in table.features:
            raise SourceError(
                f"{HUB}:{self.path} has no column `{PICTURE}`, only {', '.join(table.features)}: give a data set that "
                "holds the pictures beside the questions."
            )
        return table

    @cached_property
    def _bare(self) -> frozenset[int]:
        """The rows without a picture; pictures are not decoded for it."""
        rows = self._pictures.with_format("arrow")
        return frozenset(
            start + place
            for start in range(0, len(rows), BATCH)
            for place, empty in enumerate(rows[start : start + BATCH][PICTURE].is_null().to_pylist())
            if empty
        )

    @cached_property
    def _pictures(self) -> Dataset:
        from datasets import Image, List

        pictures = self._table.select_columns([PICTURE])
        kind = pictures.features[PICTURE]
        if isinstance(kind, Image):
            return pictures.cast_column(PICTURE, Image(decode=False))
        if isinstance(kind, List) and isinstance(kind.feature, Image):
            return pictures.cast_column(PICTURE, List(Image(decode=False)))
        return pictures


def _has_pictures(kind: Any) -> bool:
    """A column of pictures, of several a row, or of what is left of them in Parquet without the library's metadata."""
    from datasets import Image, List

    if isinstance(kind, List):
        return _has_pictures(kind.feature)
    return isinstance(kind, Image) or (isinstance(kind, dict) and {"bytes", "path"} <= kind.keys())
