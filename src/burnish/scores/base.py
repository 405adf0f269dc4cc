"""What every result is made of: a number, its interval, and what is said of it."""

from __future__ import annotations

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
    unit: Literal["%", "tokens", "points"]
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
