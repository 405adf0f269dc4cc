"""The run that all formats are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest
from awkward_run import MakerConfig, fill

from builders import begin
from burnish.store import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A finished run, open for reading."""
    with begin(tmp_path / "run", "pairs", MakerConfig(), seed=11, fingerprints={"model": "feedc0de"}) as run:
        fill(run)
    return Run.open(tmp_path / "run")
