"""How a role is called in results: its model and adapter, as the flags named them."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.contrast import named_with_contrast
from burnish.records import Json


def speaker(config: Mapping[str, Json], role: str) -> str:
    """ "model" or "model + adapter" of a run's `student` or `teacher`; empty where it has none."""
    model, adapter = config.get(role), config.get(f"{role}_adapter")
    if not model:
        return ""
    name = f"{model}{f' + {adapter}' if adapter else ''}"
    return named_with_contrast(name, config) if role == "student" else name
