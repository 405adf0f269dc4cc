"""Which answers are not the same: all that can be said of questions that nobody labelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from burnish.bench.aggregate import estimate
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import ScoredAnswer
from burnish.scores import Estimate, Flip, Metric

Two: TypeAlias = tuple[ScoredAnswer, ScoredAnswer]
"""Both answers to one question."""
CHANGED = Metric(name="changed", title="changed", family="changed", unit="%", interval="wilson", better="neither")


def changed_share(pairs: Sequence[Two]) -> Estimate:
    """The share of the answers whose words are not the same, white space aside."""
    return estimate(CHANGED, [(new.picture, Term(old.text.split() != new.text.split(), 1)) for old, new in pairs])


def reworded(old: ScoredAnswer, new: ScoredAnswer, picture: str) -> Flip:
    """Two answers to a question without a ground truth, side by side."""
    return Flip(
        id=new.key.id,
        source=new.key.source,
        distortion=new.key.distortion,
        question=new.asked.question or old.asked.question,
        truth="",
        before=old.text,
        after=new.text,
        metric="",
        value_before=0.0,
        value_after=0.0,
        outcome="changed",
        picture=picture,
    )
