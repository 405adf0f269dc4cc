from __future__ import annotations

from pathlib import Path

import pytest
from simulations import config

from burnish.make.simulate import simulate


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pocket VLM with the oracle, undisturbed."""
    return simulate(config(tmp_path_factory.mktemp("made") / "run"))
