"""What people said of cases, in numbers (`burnish review summary`), in long form: one object a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from burnish.scores.base import Estimate

ReviewLevel: TypeAlias = Literal["all", "split", "source", "rater"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMean:
    """One mean over ratings: of 1 to 5, or the share that a verdict has."""

    ask: str
    """What people were asked: "scores", "models" or "chosen"."""
    kind: str
    """What was rated: "feedback" or "response"; of a choice, the verdict: "first" (in a pair of SeVa the chosen
    answer), "second", "tie" or "neither"."""
    level: ReviewLevel
    group: str
    """The split, source or rater; empty for all."""
    estimate: Estimate
    """`n` counts ratings; the interval is over cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterAgreement:
    """How far raters agree beyond chance."""

    ask: str
    kind: str
    """"feedback", "response" or "better"."""
    alpha: float | None
    """Krippendorff's alpha, ordinal for 1 to 5, nominal for verdicts; None where nobody rated what another did, or
    where all said the same."""
    items: int
    """Items that two raters or more have rated: what alpha is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewScores:
    """All that people have said."""

    cases: int
    """With at least one rating."""
    raters: int
    ratings: int
    """The last of each rater on each item."""
    means: tuple[ReviewMean, ...]
    agreements: tuple[RaterAgreement, ...]
