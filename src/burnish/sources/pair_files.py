"""`KIND:FILE` or `FILE` alone: the preference pairs of a file, a folder or the hub, with their pictures.

JSON (an array or lines), CSV and TSV are streamed; Parquet, folders and names on the hub are opened by `datasets`.
Options: `#root=DIR` where pictures' paths do not start from the file's folder, `#split=` and `#config=` of data sets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

from burnish.errors import ImageError, LineError, SourceError
from burnish.ids import content_key
from burnish.records import Answer, Dropped, PreferencePair, Rejected
from burnish.sources.base import dropped_row, key_of, refuse_useless
from burnish.sources.embedded import picture_bytes
from burnish.sources.fields import RowValues, kind_of, listed, scalar_field
from burnish.sources.hub_columns import undecoded
from burnish.sources.hub_open import open_dataset, picture_root
from burnish.sources.json_items import FileRow
from burnish.sources.preferences import KINDS, kind_of_columns
from burnish.sources.spec import Spec, at_home, parse_spec
from burnish.sources.tables import ENDINGS, SEPARATORS, read_rows
from burnish.store.codec import fingerprint_of

if TYPE_CHECKING:
    from datasets import Dataset

PICTURES = ("image", "images", "img_path", "image_path")
SOURCES = ("source", "ds_name", "origin_dataset")
_TEXTS = (".json", ".jsonl", *SEPARATORS)
"""Endings of files that hold paths of pictures, and no pictures."""
_ONE = r"[a-z]+(?::[\d.,-]+)?"
_OWN = re.compile(rf"(?P<source>[^/]+)/(?P<id>.+)/(?P<distortion>{_ONE}(?:\+{_ONE})*|\d+)")
"""The ids of Burnish's own exports: source, example and distortion, or the number of the rejected answer."""


class _RowWithPictures(NamedTuple):
    """A row with its pictures."""

    row: FileRow
    pictures: tuple[str, ...]
    """The names by which they are opened."""
    same: str
    """Equal for rows about the same pictures."""


def open_pairs(text: str) -> FilePairs:
    """The pairs that `KIND:PATH#option=value` or a path names. Raises SourceError where it cannot be understood."""
    kind = next((name for name in KINDS if text.startswith(f"{name}:")), "")
    spec = parse_spec(text if kind else f"any:{text}", (*KINDS, "any"))
    return FilePairs(spec, kind)


@final
class FilePairs:
    """The preferences of a file, streamed; a pair's `images` are names by which `picture` opens them."""

    def __init__(self, spec: Spec, kind: str) -> None:
        """`kind` is one of `KINDS`, or empty where the columns are to tell."""
        self._options = spec.only("root", "split", "config")
        self._path, self._kind = at_home(spec.path), kind

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of all pairs, in order."""
        return fingerprint_of(self)

    def __iter__(self) -> Iterator[PreferencePair | Dropped]:
        """Every pair, and in the place of a row that has none, its reason. Raises SourceError for an unfit file."""
        return refuse_useless(self._merged(), self._path, f"give preferences in the form of {', '.join(KINDS)}")

    def picture(self, image: str) -> bytes:
        """The content of a pair's picture. Raises ImageError."""
        return picture_bytes(image if self._is_text else self._cell(image), self._root)

    def _cell(self, image: str) -> object:
        """What a table holds of the picture "ROW" or "ROW/PLACE"."""
        row, _, place = image.partition("/")
        value = self._pictures[int(row)][self._picture_column]
        return value[int(place)] if place else value

    def _merged(self) -> Iterator[PreferencePair | Dropped]:
        """Rows that differ in the rejected answer alone, as one pair."""
        for _, group in groupby(self._read(), key=lambda one: one[0]):
            outcomes = [outcome for _, outcome in group]
            pairs = [one for one in outcomes if isinstance(one, PreferencePair)]
            if len(pairs) < 2:
                yield from outcomes
                continue
            rejected = {one.answer.text: one for pair in pairs for one in pair.rejected}
            yield replace(pairs[0], rejected=tuple(rejected.values()))

    def _read(self) -> Iterator[tuple[object, PreferencePair | Dropped]]:
        """Each row with what it shares with others of its pair."""
        read: Callable[[RowValues, _RowWithPictures], PreferencePair] | None = None
        for number, placed in enumerate(self._rows()):
            try:
                if isinstance(placed.row.values, LineError):
                    raise placed.row.values
                read = read or self._reader([*placed.row.values])
                pair = read(placed.row.values, placed)
            except LineError as error:
                yield number, dropped_row(placed.row.place, self._name, error)
            else:
                own = pair.id if self._is_own(placed.row.values) else ""
                yield (placed.same, pair.before, pair.question, pair.chosen.text, own), pair

    def _reader(self, columns: Sequence[str]) -> Callable[[RowValues, _RowWithPictures], PreferencePair]:
        kind = self._kind or kind_of_columns(columns)
        if kind is None:
            raise SourceError(
                f"{self._path} has {listed(columns)}, which is not a known form of preferences: write its kind before "
                f"it, of {', '.join(f'{name}:' for name in KINDS)}."
            )
        preference_of = KINDS[kind].read

        def read(values: RowValues, placed: _RowWithPictures) -> PreferencePair:
            question, chosen, rejected, before = preference_of(values)
            others = [one for one in dict.fromkeys(rejected) if one != chosen]
            if not chosen or not all(others):
                raise LineError("empty answer", "has an empty answer")
            if not others:
                raise LineError("equal answers", "has a rejected answer that equals the chosen one")
            source, name = self._names(values, placed.row.place)
            distortion, seed, number = _made_by(values)
            return PreferencePair(
                id=name,
                image=placed.pictures[0],
                more_images=placed.pictures[1:],
                question=question,
                chosen=Answer(text=chosen),
                rejected=tuple(Rejected(distortion=distortion, seed=seed, answer=Answer(text=one)) for one in others),
                source=source,
                before=before,
                distorted_image=number if len(placed.pictures) > 1 else 0,
            )

        return read

    def _names(self, values: RowValues, place: str) -> tuple[str, str]:
        """The source's name and the pair's id."""
        name = scalar_field(values, "id")
        if name and (own := _OWN.fullmatch(name)):
            return own["source"], own["id"]
        sources = (scalar_field(values, column) for column in SOURCES if isinstance(values.get(column), str))
        return next(filter(None, sources), None) or self._name, key_of(f"{place} {name or ''}".strip())

    def _is_own(self, values: RowValues) -> bool:
        return bool(_OWN.fullmatch(str(values.get("id"))))

    def _rows(self) -> Iterator[_RowWithPictures]:
        return self._text_rows() if self._is_text else self._table_rows()

    def _text_rows(self) -> Iterator[_RowWithPictures]:
        for row in read_rows(Path(self._path), check=lambda columns: columns):
            try:
                pictures = () if isinstance(row.values, LineError) else _named_pictures(row.values)
            except LineError as error:
                yield _RowWithPictures(row._replace(values=error), (), "")
            else:
                yield _RowWithPictures(row, pictures, "\n".join(pictures))

    def _table_rows(self) -> Iterator[_RowWithPictures]:
        for number, values in enumerate(self._table.remove_columns(self._picture_column)):
            row = FileRow(f"row {number}", values)
            cell = self._cell(str(number))
            places = range(len(cell)) if isinstance(cell, list) else ()
            pictures = tuple(f"{number}/{place}" for place in places) or (str(number),)
            try:
                same = "\n".join(content_key(self.picture(one)) for one in pictures)
            except ImageError as error:
                row, same = row._replace(values=LineError(error.reason, f"has no picture: {error}")), ""
            yield _RowWithPictures(row, pictures, same)

    @property
    def _is_text(self) -> bool:
        return Path(self._path).suffix.lower() in _TEXTS

    @property
    def _root(self) -> Path:
        beside = Path(self._path).parent if self._is_text else picture_root(self._path)
        return Path(at_home(self._options["root"])) if "root" in self._options else beside

    @property
    def _name(self) -> str:
        return Path(self._path).stem.lower()

    @cached_property
    def _table(self) -> Dataset:
        path = Path(self._path)
        if path.is_file() and path.suffix.lower() not in ENDINGS:
            raise SourceError(f"{path} is not a table that can be read: give a file that ends in {', '.join(ENDINGS)}.")
        return open_dataset(self._path, self._options.get("config"), self._options.get("split"))

    @cached_property
    def _picture_column(self) -> str:
        columns = self._table.column_names
        found = next((name for name in PICTURES if name in columns), None)
        if found is None:
            raise SourceError(
                f"{self._path} has no column of pictures ({', '.join(PICTURES)}), only {listed(columns)}."
            )
        return found

    @cached_property
    def _pictures(self) -> Dataset:
        pictures = self._table.select_columns([self._picture_column])
        feature = undecoded(pictures.features[self._picture_column])
        return pictures.cast_column(self._picture_column, feature) if feature else pictures


def _made_by(values: RowValues) -> tuple[str, int, int]:
    """Distortion and seed of a rejected answer, where the row tells both (without the seed nothing can be drawn), and
    the number of the one picture that was distorted."""
    distortion, seed, number = (values.get(name) for name in ("distortion", "seed", "distorted_image"))
    if not isinstance(distortion, str) or not isinstance(seed, int):
        return "", 0, 0
    return distortion, seed, number if isinstance(number, int) and number > 0 else 0


def _named_pictures(values: RowValues) -> tuple[str, ...]:
    """The paths or data URLs of the row's pictures. Raises LineError for none."""
    name = next((one for one in PICTURES if values.get(one)), PICTURES[0])
    value = values.get(name)
    found = value if isinstance(value, list) and value else [value]
    return tuple(_named_picture(values, name, one) for one in found)


def _named_picture(values: RowValues, name: str, value: object) -> str:
    if isinstance(value, dict):
        value = value.get("path") or value.get("url")
    if not value:
        raise LineError("no image", f"has no picture, only {listed(values)}")
    if not isinstance(value, str):
        raise LineError("image is no text", f"has a {kind_of(value)} as {name!r}, not a path")
    return value
