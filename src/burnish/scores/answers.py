"""What `burnish bench answers` finds, in long form: one object a number.

So a table or a plot is a selection, and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from burnish.scores.base import Estimate, Level, Metric, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric of one group of questions under one distortion."""

    metric: str
    group: str
    level: Level
    distortion: str
    """Empty for the clean picture."""
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedScore:
    """One metric of two models on the same questions, under the same distortion."""

    metric: str
    group: str
    level: Level
    distortion: str
    before: Estimate
    """The baseline's, over the questions that both models answered."""
    after: Estimate
    difference: Estimate
    """After minus before; the interval is of the difference itself, not of its parts."""
    wins: int | None
    """Questions on which the new model's value is better (for a metric without a better side: larger); None where
    the metric is not a mean over questions, as precision."""
    losses: int | None
    p_value: float | None
    test: Literal["mcnemar", "swap"]
    """McNemar's exact test, or the swap (approximate randomization) test where McNemar's does not fit."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineComparison:
    """Two models on the same questions."""

    baseline: str
    """The baseline run's folder, as it was given."""
    baseline_model: str
    unpaired: int
    """Answers of the new model without an answer of the baseline, or the other way round: left out."""
    scores: tuple[PairedScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersResult:
    """What `burnish bench answers` found."""

    model: str
    """The model and its adapter, as they were named."""
    questions: int
    """That went in, whether answered or dropped."""
    answers: int
    """Given in all, over the clean pictures and every distortion."""
    dropped: Mapping[str, int]
    """Missing answers by reason."""
    distortions: tuple[str, ...]
    """In the order asked; the first is "", the clean picture."""
    metrics: tuple[Metric, ...]
    """What the scores mean, in the order in which tables show them."""
    scores: tuple[Score, ...]
    comparison: BaselineComparison | None = None
