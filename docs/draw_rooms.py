"""Draws the rooms of the code as CONTRIBUTING.md shows them, from the import contract in pyproject.toml.

python docs/draw_rooms.py
"""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "burnish"
WIDTH = 124
BETWEEN = ("__init__.py", "__main__.py", "py.typed", "__pycache__")
"""What is in the package's folder and is not a room."""


def layers() -> list[list[str]]:
    """The rooms by layer, the highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [contract] = [one for one in contracts if one["type"] == "layers"]
    return [[room.strip().removeprefix("burnish.") for room in layer.split("|")] for layer in contract["layers"]]


def rooms() -> set[str]:
    """The names of the package's modules and folders."""
    return {path.stem for path in PACKAGE.iterdir() if path.name not in BETWEEN}


def drawn() -> str:
    """The layers from the highest to the lowest; the rooms of one layer never import each other."""
    words = " > ".join(" | ".join(layer) for layer in layers()).replace(" | ", "\0|\0").replace(" > ", " >\0")
    lines = textwrap.wrap(words, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"    {line}" for line in lines).replace("\0", " ")


if __name__ == "__main__":
    print(drawn())
