"""A configuration's identity leaves out what only changes how fast a run is made."""

from dataclasses import dataclass

from burnish.config import everything, identity, runtime


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
