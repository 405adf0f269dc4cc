"""Pictures that stand as text in the cells of a table."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
import weakref
from typing import NamedTuple, final

from burnish.bench.standard.files import Item, table
from burnish.errors import ImageError
from burnish.ids import content_key

PICTURE = "image"
"""The column that has them."""


class _FileSpan(NamedTuple):
    """Where a picture is in the temporary file."""

    offset: int
    size: int


@final
class CellPictures:
    """The pictures of a table's cells, decoded into a temporary file, each once: memory holds their places alone."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the pictures
        weakref.finalize(self, self._file.close)
        self._places: dict[str, _FileSpan] = {}

    def add(self, row: Item) -> str:
        """The name of the picture in the row's cell. Raises SourceError for what is no base64."""
        try:
            data = base64.b64decode(row.text(PICTURE), validate=True)
        except binascii.Error as error:
            raise row.fault(f"has an `{PICTURE}` that is not a picture as base64 text ({error})") from error
        name = content_key(data)
        if name not in self._places:
            self._file.seek(0, 2)
            self._places[name] = _FileSpan(self._file.tell(), len(data))
            self._file.write(data)
            self._file.flush()
        return name

    def read(self, name: str) -> bytes:
        """The picture's file content."""
        if name not in self._places:
            raise ImageError("missing image", f"The table has no picture {name}.")
        place = self._places[name]
        return os.pread(self._file.fileno(), place.size, place.offset)


def read_picture_table(path: str, release: str) -> tuple[list[tuple[Item, str]], CellPictures]:
    """The rows of a table without their pictures, each with its picture's name.

    A row has its picture itself, or names it by the index of an earlier row. Raises SourceError.
    """
    pictures, named, rows = CellPictures(), dict[str, str](), list[tuple[Item, str]]()
    for row in table(path, release):
        key, cell = row.text("index"), row.text(PICTURE)
        named[key] = named[cell] if cell in named else pictures.add(row)
        rows.append(
            (Item(row.where, {name: value for name, value in row.values.items() if name != PICTURE}), named[key])
        )
    return rows, pictures
