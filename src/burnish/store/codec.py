"""Records as lines of JSON, and back, by the types that their dataclasses declare.

Both ways are strict: a value of the wrong type, an unknown field or a missing one is a ValueError whose text names
the field, so that nothing is stored that could not be read again. A float field may hold what JSON has no word
for: NaN and the infinities are stored as strings.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from burnish.jsons import read_json
from burnish.records import Dialogue, Dropped, Judgement, Prediction, PreferencePair, Record

if TYPE_CHECKING:
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

_KIND_OF = {record_type: kind for kind, record_type in KINDS.items()}
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_line(record: Record) -> bytes:
    """The record as one line of UTF-8 JSON, newline included. Raises ValueError for what could not be read again."""
    return dump({"kind": _KIND_OF[type(record)], **to_json(record)}).encode() + b"\n"


def from_line(line: bytes) -> Record:
    """The record that `to_line` wrote. Raises ValueError for anything else."""
    data = read_json(line)
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        raise ValueError(f"`kind` is not one of {', '.join(KINDS)}")
    return from_json(KINDS[data.pop("kind")], data)


def to_json(value: DataclassInstance) -> dict[str, Any]:
    """A dataclass as a dict of JSON values, every field in it. Raises ValueError naming a field of the wrong type."""
    encoded: dict[str, Any] = _codec(type(value)).encode(value)
    return encoded


def from_json(kind: type[T], data: object) -> T:
    """The dataclass `kind` from what `to_json` made. Raises ValueError naming the field that does not fit."""
    decoded: T = _codec(kind).decode(data)
    return decoded


def dump(value: object) -> str:
    """JSON text on one line. Raises ValueError where a value has no place in JSON (NaN, an array, half a character)."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except TypeError as error:
        raise ValueError(str(error)) from error
    return text


class _Codec(NamedTuple):
    """How values of one type become JSON values, and come back; both raise ValueError."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


_ANY_JSON = _Codec(lambda value: value, lambda data: data)  # records.Json: `dump` refuses what is not JSON


@cache
def _codec(kind: Any) -> _Codec:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _dataclass_codec(kind)
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple and args[1:] == (...,):
        return _tuple_codec(_codec(args[0]))
    if origin in (Mapping, dict):
        return _dict_codec(_codec(args[1]))
    if origin in (Union, UnionType) and NoneType in args:
        some = [arg for arg in args if arg is not NoneType]
        return _optional_codec(_codec(some[0])) if len(some) == 1 else _ANY_JSON
    if origin is Literal:
        return _choice_codec(args)
    if kind in (str, int, bool, float):
        return _scalar_codec(kind)
    raise TypeError(f"Records have no JSON form for {kind}.")


def _dataclass_codec(kind: type) -> _Codec:
    hints = get_type_hints(kind)
    codecs = {field.name: _codec(hints[field.name]) for field in dataclasses.fields(kind)}

    def encode(value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise _mismatch(kind.__name__, value)
        return {name: _at(name, codec.encode, getattr(value, name)) for name, codec in codecs.items()}

    def decode(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _mismatch(kind.__name__, data)
        if data.keys() != codecs.keys():
            missing, unknown = sorted(codecs.keys() - data.keys()), sorted(data.keys() - codecs.keys())
            problem = f"lacks the field `{missing[0]}`" if missing else f"has an unknown field `{unknown[0]}`"
            raise ValueError(f"{kind.__name__} {problem}")
        return kind(**{name: _at(name, codec.decode, data[name]) for name, codec in codecs.items()})

    return _Codec(encode, decode)


def _tuple_codec(item: _Codec) -> _Codec:
    def encode(value: Any) -> list[Any]:
        if not isinstance(value, tuple):
            raise _mismatch("tuple", value)
        return [item.encode(part) for part in value]

    def decode(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise _mismatch("list", data)
        return tuple([item.decode(part) for part in data])

    return _Codec(encode, decode)


def _dict_codec(item: _Codec) -> _Codec:
    def convert(value: Any, one: Callable[[Any], Any]) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _mismatch("dict", value)
        return {key: _at(key, one, part) for key, part in value.items()}

    return _Codec(lambda value: convert(value, item.encode), lambda data: convert(data, item.decode))


def _optional_codec(some: _Codec) -> _Codec:
    return _Codec(
        lambda value: None if value is None else some.encode(value),
        lambda data: None if data is None else some.decode(data),
    )


def _scalar_codec(kind: type) -> _Codec:
    if kind is float:
        return _Codec(_encode_float, _decode_float)

    def check(value: Any) -> Any:
        if type(value) is not kind:  # not isinstance: True is no number here
            raise _mismatch(kind.__name__, value)
        return value

    return _Codec(check, check)


def _choice_codec(choices: tuple[str, ...]) -> _Codec:
    def check(value: Any) -> Any:
        if value not in choices:
            raise _mismatch(f"one of {', '.join(choices)}", value)
        return value

    return _Codec(check, check)


def _encode_float(value: Any) -> Any:
    if not isinstance(value, float | int) or isinstance(value, bool):
        raise _mismatch("float", value)
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decode_float(data: Any) -> float:
    if isinstance(data, str) and data in _NOT_FINITE:
        return _NOT_FINITE[data]
    if type(data) not in (float, int):
        raise _mismatch("float", data)
    return float(data)


def _at(name: str, convert: Callable[[Any], Any], value: Any) -> Any:
    try:
        return convert(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _mismatch(expected: str, value: object) -> ValueError:
    return ValueError(f"expected {expected}, found {value!r:.80}")
