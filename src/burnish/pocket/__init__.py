"""The embedded default: a small world that draws pictures and knows the truth, and a small trained VLM."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
_BUILT_IN = {
    "pocket": _HERE / "weights",
    "pocket-student": _HERE / "adapters" / "student",
    "pocket-teacher": _HERE / "adapters" / "teacher",
}
"""The pocket VLM, and two adapters for it that were trained on FIRE's dialogues."""


def weights_path() -> Path:
    """The folder of the pocket VLM that comes with Burnish: give it to `from_pretrained`."""
    return _BUILT_IN["pocket"]


def place(name: str) -> Path:
    """The folder of a model or adapter that comes with Burnish, by its name; any other name is a path."""
    return _BUILT_IN.get(name, Path(name).expanduser())
