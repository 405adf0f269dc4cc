"""Imports by name: what a table of verbs or benchmarks names is imported only when it is called."""

from __future__ import annotations

import importlib
from typing import Any


def load(name: str) -> Any:
    """What `module:name` names, imported now."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
