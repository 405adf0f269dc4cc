"""A configuration's identity leaves out what only changes how fast a run is made."""

from dataclasses import dataclass

import pytest

from burnish.config import everything, identity, place, runtime


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str
    distort: tuple[str, ...] = ("noise:800",)
    batch_size: int = runtime(16)


def test_runtime_fields_are_recorded_but_are_no_identity() -> None:
    config = _Config(model="pocket", batch_size=4)
    assert identity(config) == {"distort": ["noise:800"], "model": "pocket"}
    assert everything(config) == {"batch_size": 4, "distort": ["noise:800"], "model": "pocket"}
    assert identity(config) == identity(_Config(model="pocket", batch_size=99))
    assert identity(config) != identity(_Config(model="other"))


def test_a_runs_place_is_required_and_no_identity() -> None:
    @dataclass(frozen=True, kw_only=True)
    class _Placed:
        model: str
        out: str = place()

    assert identity(_Placed(model="pocket", out="here")) == identity(_Placed(model="pocket", out="there"))
    assert everything(_Placed(model="pocket", out="here"))["out"] == "here"
    with pytest.raises(TypeError, match="out"):
        _Placed(model="pocket")  # type: ignore[call-arg]
