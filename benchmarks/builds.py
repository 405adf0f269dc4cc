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


_AS_MODULE = (
    "import runpy, sys; runpy.run_path(sys.argv.pop(1))['watch'](); "
    "runpy.run_module('burnish', run_name='__main__', alter_sys=True)"
)


def command(words: Sequence[str]) -> list[str]:
    """`burnish WORDS`, of the build that the environment names.

    Older builds do not let torchvision stand beside any build of torch; this one's way to do so serves them too.
    """
    return [sys.executable, "-c", _AS_MODULE, str(THIS / "burnish" / "vision_operators.py"), *words]


def environment(source: Path) -> dict[str, str]:
    """In which Python finds the build of this `src`."""
    return {**os.environ, "PYTHONPATH": str(source)}
