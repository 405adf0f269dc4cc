"""Burnish improves vision-language models without labels: from their own mistakes, and from feedback.

```python
import burnish

pairs = burnish.make_pairs(burnish.PairsConfig(source="pocket", model="pocket", out="runs/pairs", limit=200))
adapter = burnish.train_dpo(burnish.DPOConfig(run=str(pairs.path), model="pocket", out="checkpoints/seva")).checkpoint
```

Every name is imported when it is first used. docs/python.md explains them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from burnish.vision_operators import watch

if TYPE_CHECKING:
    from burnish.api.calls import (
        bench_answers,
        bench_free,
        compare,
        compose,
        make_pairs,
        make_report,
        simulate,
        train_dpo,
        train_student,
        train_teacher,
    )
    from burnish.api.run import Run
    from burnish.bench.answers import AnswersConfig
    from burnish.bench.compare.configs import CompareConfig
    from burnish.bench.free import FreeConfig
    from burnish.make.compose import ComposeConfig
    from burnish.make.pairs import PairsConfig
    from burnish.make.simulate import SimulateConfig
    from burnish.models import open_model
    from burnish.models.base import ModelOptions
    from burnish.report import ReportConfig
    from burnish.rounds.config import ImproveConfig
    from burnish.rounds.verb import improve
    from burnish.train.config import DPOConfig
    from burnish.train.dialogue_config import StudentConfig, TeacherConfig

__version__ = "0.1.0"
__all__ = [
    "AnswersConfig",
    "CompareConfig",
    "ComposeConfig",
    "DPOConfig",
    "FreeConfig",
    "ImproveConfig",
    "ModelOptions",
    "PairsConfig",
    "ReportConfig",
    "Run",
    "SimulateConfig",
    "StudentConfig",
    "TeacherConfig",
    "bench_answers",
    "bench_free",
    "compare",
    "compose",
    "improve",
    "make_pairs",
    "make_report",
    "open_model",
    "simulate",
    "train_dpo",
    "train_student",
    "train_teacher",
]

_MODULES = {
    "AnswersConfig": "burnish.bench.answers",
    "CompareConfig": "burnish.bench.compare.configs",
    "ComposeConfig": "burnish.make.compose",
    "DPOConfig": "burnish.train.config",
    "FreeConfig": "burnish.bench.free",
    "ImproveConfig": "burnish.rounds.config",
    "ModelOptions": "burnish.models.base",
    "PairsConfig": "burnish.make.pairs",
    "ReportConfig": "burnish.report",
    "Run": "burnish.api.run",
    "SimulateConfig": "burnish.make.simulate",
    "StudentConfig": "burnish.train.dialogue_config",
    "TeacherConfig": "burnish.train.dialogue_config",
    "improve": "burnish.rounds.verb",
    "open_model": "burnish.models",
}
"""Where a name is defined, if not in `burnish.api.calls`."""


def __getattr__(name: str) -> Any:
    """A name of the interface, imported now."""
    if name not in __all__:
        raise AttributeError(f"module 'burnish' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES.get(name, "burnish.api.calls")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


watch()
