"""Rows of a table (JSONL, JSON, CSV, TSV, Parquet), one at a time; a row that cannot be read is told, not raised."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from burnish.errors import LineError, SourceError
from burnish.sources.fields import one_line
from burnish.sources.files import open_file
from burnish.sources.json_items import FileRow, json_items

BATCH = 1024
"""Rows of a Parquet file in memory at once."""


SEPARATORS = {".csv": ",", ".tsv": "\t"}
"""What stands between fields, by the file's ending."""
ENDINGS = (".jsonl", ".json", *SEPARATORS, ".parquet")
"""Of tables that can be read."""


ColumnNames: TypeAlias = list[str]
CheckColumns: TypeAlias = Callable[[ColumnNames], ColumnNames]
"""Gets the columns that a file has and returns those to read; raises SourceError when one is missing."""


def read_rows(path: Path, check: CheckColumns) -> Iterator[FileRow]:
    """The rows of a table, by the file's ending. Lines of JSON have no common columns and are not checked."""
    ending = path.suffix.lower()
    if ending in (".jsonl", ".json"):
        return json_items(path)
    if ending in SEPARATORS:
        return _csv_rows(path, check)
    if ending == ".parquet":
        return _parquet_rows(path, check)
    raise SourceError(f"{path} is not a table that can be read: give a file that ends in {', '.join(ENDINGS)}.")


def _csv_rows(path: Path, check: CheckColumns) -> Iterator[FileRow]:
    # Strict, because otherwise a quote that is never closed swallows the lines after it without a word.
    with open_file(path) as file, io.TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="") as text:
        reader = csv.reader(text, delimiter=SEPARATORS[path.suffix.lower()], strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise SourceError(f"The first line of {path} is not a CSV header: {error}.") from error
        if len(set(header)) < len(header):
            raise SourceError(f"{path} names a column twice: its header is {', '.join(header)}.")
        if not header:
            raise SourceError(f"{path} is empty: give a table whose first line names its columns.")
        check(header)
        yield from _csv_lines(reader, header)


def _csv_lines(reader: Iterator[list[str]], header: ColumnNames) -> Iterator[FileRow]:
    while True:
        first = reader.line_num + 1  # type: ignore[attr-defined]  # a csv.reader, whose type has no public name
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = reader.line_num  # type: ignore[attr-defined]
            reach = f" up to line {last}" if last > first else ""
            yield FileRow(f"line {first}", LineError("broken CSV", f"is broken CSV{reach}: {error}"))
            continue
        if fields:
            yield FileRow(f"line {first}", _csv_values(header, fields))


def _csv_values(header: ColumnNames, fields: list[str]) -> Mapping[str, object] | LineError:
    if len(fields) != len(header):
        return LineError("broken CSV", f"has {len(fields)} fields, and the header has {len(header)}")
    return {name: field or None for name, field in zip(header, fields, strict=True)}


def _parquet_rows(path: Path, check: CheckColumns) -> Iterator[FileRow]:
    import pyarrow as pa
    from pyarrow import parquet

    number = 0
    with open_file(path) as file:
        try:
            table = parquet.ParquetFile(file)
            names = table.schema_arrow.names
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise SourceError(f"{path} has the column {twice[0]!r} more than once: rename one of them.")
            columns = check(names)
            for batch in table.iter_batches(BATCH, columns=columns):
                for values in batch.to_pylist():
                    number += 1
                    yield FileRow(f"row {number}", values)
        except (pa.ArrowException, OSError, ValueError, LookupError, OverflowError) as error:
            raise SourceError(f"{path} cannot be read as Parquet after {number:,} rows: {one_line(error)}.") from error


def holds_texts(path: Path) -> bool:
    """Whether a Parquet file has texts and numbers alone: others have their pictures, or conversations, inside.

    A file that cannot be read is said to: whoever reads its rows says what is wrong with it.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with path.open("rb") as file:
            kinds = parquet.read_schema(file).types
    except (pa.ArrowException, OSError, ValueError):
        return True
    return not any(
        pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) for kind in kinds
    )
