"""`burnish compare power`: how small a change the questions of a result can show, before another model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from burnish.bench.aggregate import by_picture
from burnish.bench.compare.loaders import read_side
from burnish.bench.compare.meta_analysis import smallest_of
from burnish.errors import ConfigError, RunError
from burnish.scores import Metric, Power
from burnish.uncertainty import effective_size

_RIGHT = Metric(
    name="accuracy", title="answers that are right", family="answers", unit="%", interval="wilson", better="higher"
)


@dataclass(frozen=True, kw_only=True)
class PowerConfig:
    """Print the smallest change that the questions of a result, or so many questions, can show, before you ask a second
    model. `burnish compare RESULT --power` is the same."""

    result: tyro.conf.Positional[str]
    """A result as `burnish compare` takes it, such as the first model's; or how many questions there will be, each
    about a picture of its own."""
    changed: tuple[float, ...] = (0.05, 0.1, 0.2)
    """Shares of answers that may change between right and wrong: the larger the share, the larger the smallest change
    that shows."""
    json: str | None = None
    """Also write the numbers to this file."""

    def __post_init__(self) -> None:
        if not self.changed or not all(0 < share <= 1 for share in self.changed):
            raise ConfigError(f"--changed needs shares above 0 and up to 1, not {' '.join(map(str, self.changed))}.")


def power(config: PowerConfig) -> Power:
    """By McNemar's test on the result's answers that are right or wrong. Raises RunError where there are none."""
    if config.result.isdecimal() and not Path(config.result).exists():
        return _of_questions(int(config.result), config.changed)
    side = read_side(config.result)
    for name in side.measures.flips:
        metric = side.measures.metrics[name]
        terms = [
            (answer.picture, answer.terms[name])
            for answer in side.answers.values()
            if name in answer.terms and answer.terms[name].denominator
        ]
        if metric.unit == "%" and terms:
            sums_P2 = by_picture(terms)
            n = effective_size(sums_P2)
            return Power(
                benchmark=side.title or side.benchmark,
                metric=metric,
                n=len(terms),
                pictures=len(sums_P2),
                effective=n,
                value=float(np.divide(*sums_P2.sum(axis=0))),
                smallest=_smallest(n, config.changed),
            )
    raise RunError(f"{config.result} has no answers that are right or wrong: `compare power` works on shares alone.")


def _of_questions(n: int, changed: Sequence[float]) -> Power:
    if not n:
        raise ConfigError("0 questions show no change: give how many there will be.")
    return Power(
        benchmark=f"{n:,} questions",
        metric=_RIGHT,
        n=n,
        pictures=n,
        effective=n,
        value=None,
        smallest=_smallest(n, changed),
    )


def _smallest(n: float, changed: Sequence[float]) -> dict[str, float]:
    return {f"{share:g}": smallest_of(n, share) for share in changed}
