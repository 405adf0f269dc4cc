"""The fields of a verb's configuration as its flags, read from the class: names, types, defaults, docstrings."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from burnish.flags import BARE

_TYPES = {int: "INT", float: "FLOAT", str: "TEXT"}
MISSING = dataclasses.MISSING


class Field(NamedTuple):
    """One field of a configuration, which is a flag, a positional argument and a key of a YAML file."""

    name: str
    value: str
    """What stands behind the flag: "INT", "{auto,cpu}", "TEXT …"; empty for a switch."""
    doc: str
    """Sentences without line breaks."""
    default: Any
    """`dataclasses.MISSING` where the field is required."""
    positional: bool
    repeatable: bool
    choices: tuple[str, ...]

    @property
    def flag(self) -> str:
        """As it is typed; a positional argument in capitals."""
        spelt = self.name.replace("_", "-")
        return spelt.upper() if self.positional else f"--no-{spelt}" if self.default is True else f"--{spelt}"

    @property
    def required(self) -> bool:
        """Whether the verb needs it."""
        return self.default is MISSING


def fields_of(kind: type[Any]) -> list[Field]:
    """All fields of a configuration class, in its order, which is that of its base classes."""
    types, docs = get_type_hints(kind, include_extras=True), docs_of(kind)
    return [_field(field, types[field.name], docs.get(field.name, "")) for field in dataclasses.fields(kind)]


def docs_of(kind: type[Any]) -> dict[str, str]:
    """Field name to the docstring under it, without line breaks; a subclass' wins over its bases'."""
    docs = dict[str, str]()
    for base in reversed(kind.__mro__):
        if dataclasses.is_dataclass(base):
            docs |= _own_docs(base)
    return docs


def description(kind: type[Any]) -> list[str]:
    """The paragraphs of the class' docstring, each without line breaks."""
    return [" ".join(part.split()) for part in inspect.cleandoc(kind.__doc__ or "").split("\n\n")]


@cache
def _own_docs(kind: type[Any]) -> dict[str, str]:
    """Of the fields that the class itself declares."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _field(field: dataclasses.Field[Any], type_: Any, doc: str) -> Field:
    marks = [str(mark) for mark in get_args(type_)[1:]] if get_origin(type_) is Annotated else []
    plain = get_args(type_)[0] if marks else type_
    item, several = _item(plain)
    choices = tuple(map(str, get_args(item))) if get_origin(item) is Literal else ()
    positional, repeatable = ("Positional" in mark for mark in marks), ("UseAppendAction" in mark for mark in marks)
    once = not (append := any(repeatable))
    value = "" if item is bool else f"{{{','.join(choices)}}}" if choices else _TYPES.get(item, "TEXT")
    value = f"[{value}]" if BARE in field.metadata else f"{value} …" if several and once else value
    return Field(field.name, value, doc, field.default, any(positional), append, choices)


def _item(type_: Any) -> tuple[Any, bool]:
    """The type without None, and that of a tuple's items; whether there are several."""
    if get_origin(type_) in (Union, UnionType):
        (type_,) = (one for one in get_args(type_) if one is not NoneType)
    return (get_args(type_)[0], True) if get_origin(type_) is tuple else (type_, False)
