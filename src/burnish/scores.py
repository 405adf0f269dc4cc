"""The nouns of results: what a bench measured, data only.

A bench writes its scores into the run it scored, and a report draws them from there: the two never meet. Scores
stand in long form, one object a number, so that a table or a plot is a selection and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

CONFIDENCE = 0.95
"""Of every interval, and of every verdict: `better` and `worse` are said where chance would say so in 5 %."""

Level: TypeAlias = Literal["task", "group", "all"]
"""What a number is over: the questions of one task, of one group of tasks, or all."""
Direction: TypeAlias = Literal["higher", "lower", "neither"]
Verdict: TypeAlias = Literal["better", "worse", "higher", "lower", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a number means."""

    name: str
    """Unique, in lower case with underscores: the key in files."""
    title: str
    """As a person reads it, above a column."""
    family: str
    """The table it stands in, such as "answers" or "existence"."""
    unit: Literal["%", "tokens"]
    """Values with the unit % are stored as shares, 0 to 1."""
    interval: Literal["wilson", "bootstrap"]
    """How its interval is found: Wilson's for rates (each question or statement right or wrong), the bootstrap for
    all else."""
    better: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number and its interval; None where it is undefined (the precision of a model that never says yes)."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """Questions that it is over (for precision, those answered with yes)."""


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
    the metric is no mean over questions, as precision."""
    losses: int | None
    p_value: float | None
    test: Literal["mcnemar", "swap"]
    """McNemar's exact test, or the swap (approximate randomization) test where McNemar's does not fit."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
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
    comparison: Comparison | None = None
