"""What a scorer is: metrics, and a function that says what an answer adds to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from burnish.bench.metrics import Term
from burnish.records import Prediction
from burnish.scores import Metric


@dataclass(frozen=True, slots=True)
class Scorer:
    """Metrics that are measured together."""

    metrics: tuple[Metric, ...]
    score: Callable[[Prediction], Mapping[str, Term]]
    """Terms by metric name; metrics that say nothing about this prediction are left out."""
