"""`burnish VERB --help`: required flags first, then the verb's own, then the shared ones in groups."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from burnish.commands import VERBS
from burnish.help.fields import Field, description, fields_of
from burnish.help.groups import groups_of
from burnish.lazy import load
from burnish.pocket.defaults import POCKET

_FIRM = "\u00a0"
"""A space at which no line is broken."""
_LEFT = 26
"""Columns of flags; a longer one stands on a line of its own."""
EVERYWHERE: Mapping[str, str] = {
    "--config FILE.yaml": "Take values from a YAML file; its keys are the flags' names. Flags win over the file.",
    "--print-config": "Print all values as a YAML file for --config, and stop.",
    "--verbose": "Print the long tables too; the page and tables.md have them in any case.",
    "-h, --help": "Show this help, and stop.",
}
"""What every verb takes beside its own fields."""


def verb_help(verb: str) -> str:
    """The whole text, as wide as the terminal, at least 40 and at most 120 columns."""
    width = max(40, min(120, shutil.get_terminal_size((80, 24)).columns))
    kind = load(VERBS[verb].config)
    parts = [_usage(verb, fields_of(kind), width), *(textwrap.fill(part, width) for part in description(kind))]
    parts += [_group(title, map(_entry, fields), width) for title, fields in grouped(verb, kind).items()]
    return "\n\n".join([*parts, _group("Every verb", EVERYWHERE.items(), width), *_notes(verb, width)])


def grouped(verb: str, kind: type[Any]) -> dict[str, list[Field]]:
    """The flags by group: required ones, the verb's own, then the shared ones; no group is empty."""
    fields = fields_of(kind)
    groups = groups_of(verb)
    shared = {name for names in groups.values() for name in names}
    required = [field for field in fields if field.required]
    own = [field for field in fields if not field.required and field.name not in shared]
    optional = {field.name: field for field in fields if not field.required}
    found = {title: [optional[name] for name in names if name in optional] for title, names in groups.items()}
    sorted_ = {
        "Required": sorted(required, key=lambda field: not field.positional),
        "Options": sorted(own, key=lambda field: not field.positional),
        **found,
    }
    return {title: group for title, group in sorted_.items() if group}


def _usage(verb: str, fields: Sequence[Field], width: int) -> str:
    places = [field for field in fields if field.positional]
    needed = [f"{field.flag} {field.value}".strip() for field in fields if field.required and not field.positional]
    words = [_place(field) for field in places] + needed + ["[options]"]
    return textwrap.fill(" ".join([f"usage: burnish {verb}", *words]), width, subsequent_indent="    ")


def _place(field: Field) -> str:
    several = f"{field.flag} …" if field.value.endswith("…") else field.flag
    return several if field.required else f"[{several}]"


def _group(title: str, entries: Iterable[tuple[str, str]], width: int) -> str:
    return "\n".join([f"{title}:", *(_lines(left, right, width) for left, right in entries)])


def _lines(left: str, right: str, width: int) -> str:
    """A flag and its text, which stands beside it, wrapped at words alone."""
    indent = " " * (_LEFT + 2)
    text = textwrap.fill(
        right, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    text = text.replace(_FIRM, " ")
    beside = len(left) <= _LEFT - 2
    return f"  {left:{_LEFT}}{text.lstrip()}" if beside else f"  {left}\n{text}"


def _entry(field: Field) -> tuple[str, str]:
    left = _place(field) if field.positional else f"{field.flag} {field.value}".strip()
    doc = f"Turn off: {field.doc}" if field.default is True else field.doc
    return left, f"{doc} {remark(field)}".strip()


def remark(field: Field) -> str:
    """The default, or that the flag may be repeated, in brackets; empty where there is nothing to say."""
    marks = ["repeatable"] * field.repeatable
    if not field.required and field.value and field.default not in (None, (), ""):
        marks.append(f"default: {shown(field.default)}")
    return f"[{'; '.join(marks)}]".replace(" ", _FIRM) if marks else ""


def shown(value: Any) -> str:
    """A default as it would be typed."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _notes(verb: str, width: int) -> list[str]:
    """What else a reader of this help may look for."""
    notes = []
    if verb in POCKET:
        usual = POCKET[verb]
        flags = ", ".join(f"--{name.replace('_', '-')} {_typed(value)}" for name, value in usual.flags.items())
        notes.append(f"With --model pocket the defaults are {flags}, because {usual.reason}.")
    if below := [name for name in VERBS if name.startswith(f"{verb} ")]:
        notes.append(f"See also: {', '.join(f'burnish {name}' for name in below)}.")
    return [textwrap.fill(note, width, break_on_hyphens=False) for note in notes]


def _typed(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else f"{value}"
