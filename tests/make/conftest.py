from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from simulations import config

from burnish.make import compose
from burnish.make.simulate import simulate


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pocket VLM with the oracle, undisturbed."""
    return simulate(config(tmp_path_factory.mktemp("made") / "run"))


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a model in the place of the one that the configuration names."""

    def put(model: Any) -> Any:
        monkeypatch.setattr(compose, "open_asked", lambda _: model)
        return model

    return put
