"""Records as lines of JSON, and back, by the types that their dataclasses declare.

Both ways are strict: a value of the wrong type, an unknown field or a missing one is a ValueError whose text names
the field, so that nothing is stored that could not be read again. A field that has a default may be missing: so
records from before it was added are read. A float field may hold what JSON has no word for: NaN and the infinities are
stored as strings. msgspec does the work; `wires.py` has what it must be told.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, Union

import msgspec

from burnish.records import Dialogue, Dropped, Judgement, Prediction, PreferencePair, Record
from burnish.store.wires import ObjectWire, json_text, object_wire, spelled_alike, tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

KINDS: dict[str, type[Record]] = {
    "pair": PreferencePair,
    "prediction": Prediction,
    "dialogue": Dialogue,
    "judgement": Judgement,
    "dropped": Dropped,
}
"""The `kind` field of a stored record, by which its class is found again."""


class _RecordLine(NamedTuple):
    """How the records of one kind become lines."""

    wire: ObjectWire
    """With `kind` before the fields."""
    alike: Callable[[Any], bool]


_LINES: dict[type, _RecordLine] = {
    record: _RecordLine(wire, spelled_alike(wire)) for kind, record in KINDS.items() for wire in [tagged(record, kind)]
}
_BY_NAMES: dict[type, Callable[[bytes], Any]] = {
    line.wire.names: msgspec.json.Decoder(record).decode for record, line in _LINES.items()
}
"""By the shape of a record's names: from a line whose names are known to be right to the record."""
_read_names = msgspec.json.Decoder(Union[tuple(_BY_NAMES)]).decode  # noqa: UP007
_encode = msgspec.json.Encoder().encode


def to_line(record: Record) -> bytes:
    """The record as one line of UTF-8 JSON, newline included. Raises ValueError for what could not be read again."""
    wire, alike = _LINES[type(record)]
    try:
        shaped = _shaped(record, wire.shape)
        for name in wire.if_set:
            if not getattr(shaped, name):
                setattr(shaped, name, msgspec.UNSET)
        return msgspec.json.format(_encode(shaped if alike(shaped) else wire.write(shaped)), indent=0) + b"\n"
    except (msgspec.ValidationError, TypeError) as error:
        raise _misfit(error, type(record)) from error


def _shaped(value: object, shape: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(value, shape, from_attributes=True)
    except msgspec.ValidationError:  # perhaps numpy's numbers
        return msgspec.convert(msgspec.to_builtins(value, enc_hook=_as_float), shape)


def _as_float(value: object) -> float:
    if isinstance(value, float):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def from_line(line: bytes) -> Record:
    """The record that `to_line` wrote. Raises ValueError for anything else."""
    try:
        record: Record = _BY_NAMES[type(_read_names(line))](line)
    except (msgspec.ValidationError, RecursionError):
        record = _read_with_care(line)
    return record


class Glance(msgspec.Struct):
    """What can be seen of a line without reading the whole of it."""

    kind: str
    image: str = ""
    more_images: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[str, ...]:
        """Content keys of all its pictures, as `pictures_of` has them."""
        return (self.image, *self.more_images) if self.image else ()


glance = msgspec.json.Decoder(Glance).decode
"""From a line that `to_line` wrote."""


def _read_with_care(line: bytes) -> Record:
    """Of a line that has a number which is not finite, or that does not fit."""
    try:
        data = msgspec.json.decode(line)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"`kind` is not one of {', '.join(KINDS)}")
    record: Record = _read(data, _LINES[KINDS[kind]].wire, KINDS[kind])
    return record


def fingerprint_of(records: Iterable[Record]) -> str:
    """Hex digest of records in their order."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(to_line(record))
    return digest.hexdigest()


def to_json(value: DataclassInstance) -> dict[str, Any]:
    """A dataclass as a dict of JSON values, every field in it. Raises ValueError naming a field of the wrong type."""
    wire = object_wire(type(value))
    try:
        encoded: dict[str, Any] = json.loads(_encode(wire.write(_shaped(value, wire.shape))))
    except (msgspec.ValidationError, TypeError) as error:
        raise _misfit(error, type(value)) from error
    return encoded


def from_json(kind: type[T], data: object) -> T:
    """The dataclass `kind` from what `to_json` made. Raises ValueError naming the field that does not fit."""
    decoded: T = _read(data, object_wire(kind), kind)
    return decoded


def _read(data: object, wire: ObjectWire, kind: type) -> Any:
    try:
        return wire.read(msgspec.convert(data, wire.shape))
    except msgspec.ValidationError as error:
        raise _misfit(error, kind) from error


def dump(value: object) -> str:
    """JSON text on one line. Raises ValueError where a value has no place in JSON (NaN, an array, half a character)."""
    try:
        text = json_text(value)
        text.encode()
    except TypeError as error:
        raise ValueError(str(error)) from error
    return text


_AT = re.compile(r"(?P<text>.*?)(?: - at `(?:key` in `)?\$\.?(?P<path>.*)`)?", re.DOTALL)
_REWORDED = (
    (re.compile("Object missing required field (.*)"), r"lacks the field \1"),
    (re.compile("Object contains unknown field (.*)"), r"has an unknown field \1"),
    (re.compile("Invalid enum value (.*)"), r"\1 is not one of its values"),
    (re.compile("Expected `(.*)`, got `(.*)`"), r"expected \1, found \2"),
)


def _misfit(error: Exception, kind: type) -> ValueError:
    """msgspec's sentence after the way to the field: "chosen.token_ids[0]: expected int, found float"."""
    found = _AT.fullmatch(str(error))
    text, path = (found["text"], found["path"]) if found else (str(error), None)
    for pattern, replacement in _REWORDED:
        text = pattern.sub(replacement, text)
    if path:
        return ValueError(f"{path}: {text}")
    return ValueError(f"{kind.__name__} {text}" if isinstance(error, msgspec.ValidationError) else text)
