"""`burnish compare power`: how small a change the questions of a result can show, before another model is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tyro

from burnish.bench.compare.combining import smallest_of
from burnish.bench.compare.reading import read_side
from burnish.bench.scoring import by_picture
from burnish.errors import ConfigError, RunError
from burnish.scores import Power
from burnish.uncertainty import effective_size


@dataclass(frozen=True, kw_only=True)
class PowerConfig:
    """Print the smallest change that the questions of a result can show, before you ask a second model."""

    result: tyro.conf.Positional[str]
    """A result as `burnish compare` takes it, such as the first model's."""
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
                smallest={f"{share:g}": smallest_of(n, share) for share in config.changed},
            )
    raise RunError(f"{config.result} has no answers that are right or wrong: `compare power` works on shares alone.")
