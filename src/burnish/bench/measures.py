"""What a benchmark measures: its numbers in the order of tables, the one that decides, and those that are added up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from burnish.scores import Metric

RIGHT = Metric(name="accuracy", title="accuracy", family="answers", unit="%", interval="wilson", better="higher")
"""The share of right answers."""
SOFT = dataclasses.replace(RIGHT, interval="bootstrap")
"""The same where an answer may be half right."""


class Total(NamedTuple):
    """A number that is added up from ratios, as the mean F1 of several splits."""

    metric: Metric
    parts: tuple[tuple[float, str, str], ...]
    """Weight, group and metric of each ratio."""


class Measures(NamedTuple):
    """What a benchmark measures."""

    metrics: Mapping[str, Metric]
    """In the order of tables."""
    headline: tuple[str, ...]
    """The metric that decides, unless there are totals: the first of these that the answers have."""
    flips: tuple[str, ...]
    """The metric in which an answer flips: the first that it has."""
    totals: tuple[Total, ...] = ()
    """The first of them decides."""


def measures(*metrics: Metric, flips: str = "", totals: Iterable[Total] = ()) -> Measures:
    """Metrics by name; the first decides, and is the one in which answers flip unless another is named."""
    first = metrics[0].name
    return Measures({metric.name: metric for metric in metrics}, (first,), (flips or first,), tuple(totals))
