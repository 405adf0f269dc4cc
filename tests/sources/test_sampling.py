"""The flags of sampling."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest
import tyro

from burnish.config import identity
from burnish.errors import ConfigError
from burnish.models import ModelOptions
from burnish.sources import Sampling


@dataclass(frozen=True, kw_only=True)
class VerbConfig(ModelOptions, Sampling):
    """As verbs combine their options."""

    def __post_init__(self) -> None:
        ModelOptions.__post_init__(self)
        Sampling.__post_init__(self)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"per_image": 0}, "--per-image must be at least 1, not 0."),
        ({"per_source": -3}, "--per-source must be at least 1, not -3."),
        ({"limit": 0}, "--limit must be at least 1, not 0."),
        ({"seed": -1}, "--seed must be 0 or more, not -1."),
    ],
)
@pytest.mark.parametrize("config", [Sampling, VerbConfig])
def test_wrong_values_are_named_with_their_flag(config: type, values: dict[str, int], message: str) -> None:
    model = {} if config is Sampling else {"model": "pocket"}
    with pytest.raises(ConfigError) as caught:
        config(**model, **values)
    assert str(caught.value) == message


def test_the_defaults_are_the_papers() -> None:
    assert Sampling() == Sampling(per_image=2, per_source=None, only=(), limit=None, seed=0)


def test_fields_become_flags() -> None:
    words = "--per-image None --per-source 8000 --only textvqa --only ocr_vqa --limit 9 --seed 3"
    assert tyro.cli(Sampling, args=words.split()) == Sampling(
        per_image=None, per_source=8000, only=("textvqa", "ocr_vqa"), limit=9, seed=3
    )


def test_sampling_belongs_to_the_identity_of_a_run() -> None:
    assert set(identity(Sampling())) == {"per_image", "per_source", "only", "limit", "seed"}


def test_importing_sources_loads_nothing_heavy() -> None:
    heavy = ("torch", "datasets", "pyarrow", "numpy", "PIL")
    code = f"import sys, burnish.sources; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
