"""The parameters of distortions: how a value is declared, read from a specification, checked and written back."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from burnish.errors import DistortionError

ParameterValue: TypeAlias = "int | float | str | tuple[float, float]"

_DECIMAL = re.compile(r"\d+\.?\d*|\.\d+")


class ParameterKind(Protocol):
    """What values a parameter takes."""

    def read(self, text: str) -> ParameterValue | None:
        """The value that the text stands for, or None when it is not allowed."""
        ...

    def describe(self) -> str:
        """The allowed values, to follow "must be"."""
        ...


@dataclass(frozen=True, slots=True)
class _Whole:
    low: int
    high: int

    def read(self, text: str) -> int | None:
        value = int(text) if text.isascii() and text.isdecimal() else -1
        return value if self.low <= value <= self.high else None

    def describe(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class _NumberForm:
    low: float
    high: float

    def read(self, text: str) -> float | None:
        value = float(text) if _DECIMAL.fullmatch(text) else -1.0
        return value if self.low <= value <= self.high else None

    def describe(self) -> str:
        return f"a number from {_plain(self.low)} to {_plain(self.high)}"


@dataclass(frozen=True, slots=True)
class _Span:
    low: float
    high: float

    def read(self, text: str) -> tuple[float, float] | None:
        ends = [_NumberForm(self.low, self.high).read(end) for end in text.split("-")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] > ends[1]:
            return None
        return ends[0], ends[1]

    def describe(self) -> str:
        return f"LOW-HIGH with {_plain(self.low)} <= LOW <= HIGH <= {_plain(self.high)}"


@dataclass(frozen=True, slots=True)
class _Choice:
    names: tuple[str, ...]

    def read(self, text: str) -> str | None:
        return text if text in self.names else None

    def describe(self) -> str:
        return f"one of {', '.join(self.names)}"


def whole(default: int, low: int, high: int) -> Any:
    """A dataclass field that holds a whole number, `low` and `high` included."""
    return _field(default, _Whole(low, high))


def number(default: float, low: float, high: float) -> Any:
    """A dataclass field that holds a number, `low` and `high` included."""
    return _field(default, _NumberForm(low, high))


def span(default: tuple[float, float], low: float, high: float) -> Any:
    """A dataclass field that holds a range inside `low` to `high`, written `0.2-1`."""
    return _field(default, _Span(low, high))


def choice(default: str, *others: str) -> Any:
    """A dataclass field that holds one of some words."""
    return _field(default, _Choice((default, *others)))


def read(part: type[Any], text: str | None) -> dict[str, ParameterValue]:
    """The values of a part's parameters from what stands after its colon (None: no colon).

    Raises DistortionError for too many values and for one that is not allowed.
    """
    fields = dataclasses.fields(part)
    values = [] if text is None else [value.strip() for value in text.split(",")]
    if len(values) > len(fields):
        raise DistortionError(
            f"The distortion {part.name}:{text} has too many parameters: it is written {usage(part)}."
        )
    made = {}
    for field, value in zip(fields, values, strict=False):
        kind: ParameterKind = field.metadata["kind"]
        read_value = kind.read(value)
        if read_value is None:
            raise DistortionError(
                f"The distortion {part.name}:{text} is out of range: {field.name.upper()} in {usage(part)} must be "
                f"{kind.describe()}, not {value!r}, as in {write(part())}."
            )
        made[field.name] = read_value
    return made


def write(part: Any) -> str:
    """A part's canonical specification, every parameter written out."""
    values = [_text(getattr(part, field.name)) for field in dataclasses.fields(part)]
    return f"{part.name}:{','.join(values)}" if values else part.name


def usage(part: type[Any]) -> str:
    """How a part is written, such as `imagenoise:STEPS,SIDE`."""
    names = [field.name.upper() for field in dataclasses.fields(part)]
    return f"{part.name}:{','.join(names)}" if names else part.name


def _field(default: ParameterValue, kind: ParameterKind) -> Any:
    return dataclasses.field(default=default, metadata={"kind": kind})


def _text(value: ParameterValue) -> str:
    if isinstance(value, tuple):
        return "-".join(_plain(end) for end in value)
    return value if isinstance(value, str) else _plain(value)


def _plain(value: float) -> str:
    """The shortest decimal that reads back as the same number, never with an exponent."""
    return f"{Decimal(repr(value)).normalize():f}"
