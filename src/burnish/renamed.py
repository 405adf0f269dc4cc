"""Names that fields of configurations had before: flags, YAML files, recipes and runs may still use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

RENAMED: Mapping[str, str] = {"passes": "epochs"}
"""Old names and new ones. The old ones work until version 0.3."""


def renamed(values: Mapping[str, T]) -> dict[str, T]:
    """The values under today's names; a value that is there under its new name already wins."""
    old = {RENAMED[name]: value for name, value in values.items() if name in RENAMED}
    return {**old, **{name: value for name, value in values.items() if name not in RENAMED}}
