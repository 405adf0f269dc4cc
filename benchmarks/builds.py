"""Two builds of Burnish beside each other: this one, and another commit's, as `git archive` has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THIS = ROOT / "src"


def source_of(commit: str, folder: Path) -> Path:
    """The `src` of another commit, written into a folder."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit, "src"], check=True, capture_output=True).stdout
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder / "src"


def command(words: Sequence[str]) -> list[str]:
    """`burnish WORDS`, of the build that the environment names."""
    return [sys.executable, "-m", "burnish", *words]


def environment(source: Path) -> dict[str, str]:
    """In which Python finds the build of this `src`."""
    return {**os.environ, "PYTHONPATH": str(source)}
