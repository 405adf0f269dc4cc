"""Every record in full, as Parquet that `datasets.load_dataset` opens with decoded pictures.

The columns follow from the record's dataclass: nested dataclasses become structs, tuples become lists, the picture's
key becomes the picture, and facts, whose shape differs from record to record, become JSON text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from burnish.errors import RunError
from burnish.export.base import DatasetCard, ExportTally, kept_records
from burnish.export.shards import DATA_FILES, ShardRow, write_shards
from burnish.records import Record
from burnish.store import Run
from burnish.store.codec import dump

if TYPE_CHECKING:
    from datasets import Features

_IMAGE, _MORE = "image", "more_images"

_USAGE = """\
# Records of a Burnish run

```python
from datasets import load_dataset

rows = load_dataset("THIS_FOLDER", split="train")
rows[0]["image"]  # a PIL image
```

A row is one `{kind}`, in the order in which it was made; `facts` is JSON text.
"""


def export_parquet(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One row per record, of whichever kind the run holds. Raises RunError for a run that mixes kinds."""
    records = kept_records(run, tally)
    first = next(records, None)
    if first is not None:
        write_shards(folder, _features(type(first)), _rows(run, type(first), chain([first], records), tally))
    front = {**DATA_FILES, "task_categories": ["image-text-to-text"]}
    kind = "record" if first is None else type(first).__name__
    return DatasetCard(front, _USAGE.format(kind=kind))


def _rows(run: Run, kind: type[Record], records: Iterator[Record], tally: ExportTally) -> Iterator[ShardRow]:
    for record in records:
        if type(record) is not kind:
            raise RunError(
                f"{run.path} holds {kind.__name__} and {type(record).__name__} records ({record.id!r}), "
                "which do not fit into one table: export runs of one kind."
            )
        values = {field.name: _plain(getattr(record, field.name)) for field in dataclasses.fields(record)}
        pictures = [_picture(run, key) for key in (values[_IMAGE], *values.get(_MORE, ()))]
        values[_IMAGE] = pictures[0]
        if _MORE in values:
            values[_MORE] = pictures[1:]
        tally.rows += 1
        yield ShardRow(values, sum(len(picture["bytes"]) for picture in pictures))


def _picture(run: Run, key: str) -> dict[str, Any]:
    return {"bytes": run.image(key), "path": run.image_path(key).name}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dump(dict(value))
    return value


def _features(kind: type[Record]) -> Features:
    from datasets import Features, Image, List

    columns = _column(kind)
    columns[_IMAGE] = Image()
    if _MORE in columns:
        columns[_MORE] = List(Image())
    return Features(columns)


def _column(hint: Any) -> Any:
    """The column type of `datasets` for the type of a dataclass field."""
    from datasets import List, Value

    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return {field.name: _column(hints[field.name]) for field in dataclasses.fields(hint)}
    if hasattr(hint, "_fields"):
        return {name: _column(one) for name, one in get_type_hints(hint).items()}
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return List(_column(args[0]))
    if NoneType in args:
        return _column(next(arg for arg in args if arg is not NoneType))
    if origin in (Mapping, Literal):
        return Value("string")
    return Value({str: "string", int: "int64", float: "float64", bool: "bool"}[hint])
