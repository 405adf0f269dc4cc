"""`burnish VERB --print-config`: all values of a verb as a YAML file that `--config` takes back."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from burnish.help.fields import Field

WIDTH = 100


def as_yaml(verb: str, fields: list[Field], values: Mapping[str, Any]) -> str:
    """A line for each field with a comment above; what has no value yet is a comment itself, to be filled in."""
    return "\n".join([f"# burnish {verb} --config FILE.yaml", *(_entry(field, values) for field in fields)])


def _entry(field: Field, values: Mapping[str, Any]) -> str:
    comment = textwrap.fill(field.doc, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    if field.name not in values:
        return f"\n{comment}\n# {field.name}:  # required"
    return f"\n{comment}\n{_line(field.name, values[field.name])}"


def _line(name: str, value: Any) -> str:
    plain = list(value) if isinstance(value, tuple) else value
    if isinstance(plain, list):
        return f"{name}: {yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=10_000).rstrip()}"
    return yaml.safe_dump({name: plain}, allow_unicode=True, width=10_000).rstrip()
