"""The run that all formats are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest
from awkward_run import MakerConfig, fill

from burnish.store import Run, new_manifest


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A finished run, open for reading."""
    manifest = new_manifest("pairs", MakerConfig(), seed=11, fingerprints={"model": "feedc0de"})
    with Run.begin(tmp_path / "run", manifest) as run:
        fill(run)
    return Run.open(tmp_path / "run")
