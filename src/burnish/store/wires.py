"""What msgspec must be told of a dataclass: its shape on the way to and from JSON.

msgspec checks types, and reads and writes JSON, by a `Struct` that is made here after each dataclass, because of a
dataclass itself it takes unknown fields. What is written is what Python's own `json` would write, byte for byte:
numbers that the two spell differently, and what stands in fields of any JSON, are spelled by `json`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import asdict

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FLOAT: Any = Union[float, Literal["NaN", "Infinity", "-Infinity"]]  # noqa: UP007
_LEAST, _MOST = 1e-4, 1e15
"""Between these sizes msgspec and `json` spell numbers alike."""
_PLAIN = frozenset((str, bool, int, NoneType))
"""Types whose values they spell alike."""

json_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class ObjectWire(NamedTuple):
    """How a dataclass lies on its way from and to JSON."""

    shape: type[msgspec.Struct]
    """What msgspec checks."""
    write: Callable[[Any], Any]
    """From that to what is encoded, in its place."""
    read: Callable[[Any], Any]
    """From that to the dataclass."""
    names: type[msgspec.Struct]
    """By which only the names of fields are checked."""
    changed: tuple[str, ...]
    """Ways to what `write` may change: "chosen.ref_logp", "rejected.*.answer.ref_logp", "facts"."""
    if_set: tuple[str, ...]
    """Fields of the dataclass itself that a line has only where they hold something."""


class _Wire(NamedTuple):
    """The same of any type; without `write` and `read`, nothing is changed."""

    shape: Any
    write: Callable[[Any], Any] | None = None
    read: Callable[[Any], Any] | None = None
    names: Any = msgspec.Raw
    changed: tuple[str, ...] = ()


def object_wire(kind: type) -> ObjectWire:
    """The wire of a dataclass. Raises TypeError for a field of a type that has no JSON form."""
    return _object_wire(kind)


@cache
def _object_wire(kind: Any) -> ObjectWire:
    hints = get_type_hints(kind)
    fields = {field.name: _wire(hints[field.name]) for field in dataclasses.fields(kind)}
    written = [(name, field.write) for name, field in fields.items() if field.write]
    found = [(name, field.read) for name, field in fields.items() if field.read]

    def write(shaped: Any) -> Any:
        for name, convert in written:
            setattr(shaped, name, convert(getattr(shaped, name)))
        return shaped

    def read(shaped: Any) -> Any:
        values = {name: value for name, value in asdict(shaped).items() if value is not msgspec.UNSET}
        for name, convert in found:
            if name in values:
                values[name] = convert(values[name])
        return kind(**values)

    may_lack = {field.name for field in dataclasses.fields(kind) if _has_default(field)}
    return ObjectWire(
        _struct(kind.__name__, {name: field.shape for name, field in fields.items()}, may_lack),
        write,
        read,
        _struct(kind.__name__, {name: field.names for name, field in fields.items()}, may_lack),
        tuple(_joined(name, way) for name, field in fields.items() for way in field.changed),
        tuple(field.name for field in dataclasses.fields(kind) if field.metadata.get("stored if set")),
    )


def tagged(kind: type, tag: str) -> ObjectWire:
    """The wire of a dataclass whose `kind` stands before its fields."""
    wire = object_wire(kind)
    shape, names = (
        _struct(kind.__name__, {}, bases=(base,), tag_field="kind", tag=tag) for base in (wire.shape, wire.names)
    )
    return wire._replace(shape=shape, names=names)


def spelled_alike(wire: ObjectWire) -> Callable[[Any], bool]:
    """Tells quickly whether a value of the wire's shape is encoded right as it is, without `write`."""
    ways = [way.split(".*.") for way in wire.changed]
    single = [attrgetter(way[0]) for way in ways if len(way) == 1]
    many = [(attrgetter(way[0]), attrgetter(way[1])) for way in ways if len(way) == 2]
    if len(single) + len(many) < len(ways) or any("*" in part.split(".") for way in ways for part in way):
        return lambda _shaped: False

    def alike(shaped: Any) -> bool:
        for get in single:
            if not _alike(get(shaped)):
                return False
        for get, get_each in many:
            for value in map(get_each, get(shaped)):
                if not _alike(value):
                    return False
        return True

    return alike


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _struct(name: str, fields: Mapping[str, Any], may_lack: Collection[str] = (), **more: Any) -> type[msgspec.Struct]:
    shaped = [(one, shape, msgspec.UNSET) if one in may_lack else (one, shape) for one, shape in fields.items()]
    # what holds no cycles is made faster where the garbage collector need not watch it
    return msgspec.defstruct(name, shaped, kw_only=True, gc=False, forbid_unknown_fields=True, **more)


def _joined(*names: str) -> str:
    return ".".join(filter(None, names))


@cache
def _wire(kind: Any) -> _Wire:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _Wire(*object_wire(kind)[:-1])
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _named_tuple_wire(kind)
    if origin is tuple and args[1:] == (...,):
        return _tuple_wire(_wire(args[0]))
    if origin in (Mapping, dict):
        return _dict_wire(_wire(args[1]))
    if origin in (Union, UnionType) and NoneType in args:
        some = [arg for arg in args if arg is not NoneType]
        return _optional_wire(_wire(some[0])) if len(some) == 1 else _ANY_JSON
    if origin is not Literal and kind not in _SCALARS:
        raise TypeError(f"Records have no JSON form for {kind}.")
    return _SCALARS.get(kind, _Wire(kind))


def _named_tuple_wire(kind: type) -> _Wire:
    """As a list of its values, none of which may be spelled in another way than msgspec's."""
    if any(_wire(hint).changed for hint in get_type_hints(kind).values()):
        raise TypeError(f"Records have no JSON form for {kind}: make it a dataclass.")
    return _Wire(kind)


def _tuple_wire(item: _Wire) -> _Wire:
    write, read = item.write, item.read
    return _Wire(
        tuple[item.shape, ...],  # type: ignore[name-defined]
        write and (lambda values: [write(value) for value in values]),
        read and (lambda values: tuple([read(value) for value in values])),
        msgspec.Raw if item.names is msgspec.Raw else tuple[item.names, ...],  # type: ignore[name-defined]
        tuple(_joined("*", way) for way in item.changed),
    )


def _dict_wire(item: _Wire) -> _Wire:
    if item is _ANY_JSON:
        return _Wire(dict[str, Any], _write_json, changed=("",))
    write, read = item.write, item.read
    return _Wire(
        dict[str, item.shape],  # type: ignore[name-defined]
        write and (lambda values: {name: write(value) for name, value in values.items()}),
        read and (lambda values: {name: read(value) for name, value in values.items()}),
        msgspec.Raw if item.names is msgspec.Raw else dict[str, item.names],  # type: ignore[name-defined]
        item.changed and ("*",),
    )


def _optional_wire(some: _Wire) -> _Wire:
    write, read = some.write, some.read
    plain = some.names is msgspec.Raw
    return _Wire(
        Union[some.shape, None],  # noqa: UP007
        write and (lambda value: None if value is None else write(value)),
        read and (lambda value: None if value is None else read(value)),
        msgspec.Raw if plain else Union[some.names, None],  # noqa: UP007
        some.changed if plain else some.changed and ("*",),
    )


def _alike(value: Any) -> bool:
    if value is None:
        return True
    if type(value) is float:
        return _LEAST <= value < _MOST or -_MOST < value <= -_LEAST or value == 0
    return type(value) is dict and _PLAIN.issuperset(map(type, value.values()))


def _write_json(value: Any) -> Any:
    return value if _alike(value) else msgspec.Raw(json_text(value).encode())


_ANY_JSON = _Wire(Any, _write_json, changed=("",))
"""records.Json: msgspec would take more than JSON for it, so `json` writes it."""


def _write_float(value: Any) -> Any:
    if _alike(value):
        return value
    if math.isfinite(value):
        return msgspec.Raw(repr(value).encode())
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _read_float(value: float | str) -> float:
    return _NOT_FINITE[value] if isinstance(value, str) else value


_SCALARS: dict[Any, _Wire] = {
    **{kind: _Wire(kind) for kind in (str, int, bool)},
    float: _Wire(_FLOAT, _write_float, _read_float, changed=("",)),
    Any: _ANY_JSON,
}
