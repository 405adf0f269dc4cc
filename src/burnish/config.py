"""How configurations are declared, fingerprinted and compared.

A verb's configuration is one frozen dataclass with a docstring under every field. A field declared with
`runtime(...)` changes how fast or where a run is made (batch size, device, concurrency), never which records
it holds: a run records it, but may be resumed with another value.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from burnish.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

    from burnish.records import Json

T = TypeVar("T")
D = TypeVar("D", bound="DataclassInstance")

RUNTIME = {"runtime": True}
"""The metadata of a field that does not belong to a run's identity."""
ADDED = {"added": True}
"""The metadata of a field that belongs to a run's identity where it is not at its default."""


def runtime(default: T) -> T:
    """A dataclass field with this default that does not belong to a run's identity."""
    field: Any = dataclasses.field(default=default, metadata=RUNTIME)
    return field  # type: ignore[no-any-return]


def added(default: T) -> T:
    """A dataclass field that came later: at its default it is left out of a run's identity.

    So runs that were begun before it was there can be gone on with.
    """
    field: Any = dataclasses.field(default=default, metadata=ADDED)
    return field  # type: ignore[no-any-return]


def place() -> Any:
    """A required field that says where a run lies: the run stays the same when its folder is moved or renamed."""
    return dataclasses.field(metadata=RUNTIME)


@dataclass(frozen=True, kw_only=True)
class RunFlags:
    """Where a run is made. Every verb that makes one has these flags."""

    out: str = place()
    """Folder of the run."""
    restart: bool = runtime(False)
    """Delete what the run holds and start again."""
    json: str | None = runtime(None)
    """Also write the printed numbers to this file, as JSON."""


def identity(config: DataclassInstance) -> dict[str, Json]:
    """The fields that decide which records a run holds, as JSON values."""
    return _as_json(config, {f.name for f in dataclasses.fields(config) if _decides(f, config)})


def _decides(field: dataclasses.Field[Any], config: DataclassInstance) -> bool:
    if field.metadata.get("added"):
        return bool(getattr(config, field.name) != field.default)
    return not field.metadata.get("runtime")


def everything(config: DataclassInstance) -> dict[str, Json]:
    """All fields as JSON values, for the manifest."""
    return _as_json(config, {f.name for f in dataclasses.fields(config)})


def _as_json(config: DataclassInstance, names: set[str]) -> dict[str, Json]:
    values = dataclasses.asdict(config)
    return {name: _plain(values[name]) for name in sorted(names)}


def _plain(value: Any) -> Json:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))  # a model's or database's address may hold a key


def config_of(kind: type[D], settings: Mapping[str, Json]) -> D:
    """The flags that a run's manifest keeps, as the configuration of its verb."""
    names = {field.name for field in dataclasses.fields(kind) if field.init}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items() if name in names
    }
    return kind(**values)
