"""What one free dialogue is worth, from its scores alone (FIRE, section 3.4.1), and how the edge cases are decided.

The paper's equations leave some dialogues open. Each such case is a flag; the defaults are those that give the
published numbers, as far as these tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from burnish.bench.metrics import Term
from burnish.config import runtime
from burnish.errors import ConfigError

Scores = Sequence[float | None]
"""A dialogue's scores by turn; None where none can be read."""

N_MAX = 5
"""Turns in figure 7, and in the paper's free dialogues."""
REFINEMENTS = ("turns", "ADR", "ATR", "RR")
"""What is measured over the dialogues that were not right at once."""
CURVE = tuple(f"accuracy_{turn}" for turn in range(1, N_MAX + 1))
"""What is measured over all dialogues."""
NOTHING = Term(0.0, 0.0)
"""Of a dialogue that a metric leaves out."""


@dataclass(frozen=True, kw_only=True)
class FreeRules:
    """How free dialogues are counted. Every verb that counts them has these flags."""

    threshold: float = 8.0
    """The score from which a response counts as right."""
    punishment: int = runtime(10)
    """The turns n_k of a dialogue that never gets a right response: the paper's p."""
    failed: Literal["punished", "actual"] = runtime("punished")
    """n_k of a dialogue that never gets a right response: `punished` takes --punishment, even after an early stop;
    `actual` takes its turns."""
    failed_divisor: Literal["actual", "punished"] = runtime("actual")
    """What ATR divides the gain of such a dialogue by: its actual turns minus 1, or --punishment minus 1."""
    one_score: Literal["zero", "left-out"] = runtime("zero")
    """How a dialogue with a single score, which shows no refinement, enters ATR: as 0, or not at all. In ADR and RR it
    always counts as 0."""
    no_score: Literal["failed", "left-out"] = runtime("failed")
    """How a dialogue without a readable score counts: as one that never gets right and gains nothing, or not at all in
    AT, ADR, ATR and RR."""
    right_at_once: Literal["left-out", "counted"] = runtime("left-out")
    """How a dialogue counts whose first response is right: not at all in AT, ADR, ATR and RR, or with n_k = 1 and gains
    of 0."""
    beyond: Literal["ignored", "counted"] = runtime("ignored")
    """Turns after the first right response, which transcripts may have: ignore them, or count them, so that the last
    score is the last turn's and ATR divides by all turns minus 1."""

    def __post_init__(self) -> None:
        if self.punishment < 2:
            raise ConfigError(f"--punishment must be at least 2 turns, not {self.punishment}.")


class Worth(NamedTuple):
    """What a dialogue adds to each metric, and what is counted about it."""

    terms: dict[str, Term]
    """By the names in REFINEMENTS and CURVE."""
    right_at_once: bool
    failed: bool
    unscored: bool


def worth(scores: Scores, rules: FreeRules) -> Worth:
    """What a dialogue with these scores is worth.

    n_k is the first turn with a score at the threshold; a_{k,1} is the first score obtained, a_{k,n_k} the last up to
    that turn. A score that cannot be read is not a score: it is passed over, and its turn counts.
    """
    right = next((turn for turn, score in enumerate(scores, 1) if score is not None and score >= rules.threshold), None)
    obtained = [score for score in scores if score is not None]
    curve = {name: Term(float(right is not None and right <= turn), 1.0) for turn, name in enumerate(CURVE, 1)}
    left_out = (right == 1 and rules.right_at_once == "left-out") or (not obtained and rules.no_score == "left-out")
    refinements = dict.fromkeys(REFINEMENTS, NOTHING) if left_out else _refinements(scores, right, rules)
    return Worth(terms=refinements | curve, right_at_once=right == 1, failed=right is None, unscored=not obtained)


def _refinements(scores: Scores, right: int | None, rules: FreeRules) -> dict[str, Term]:
    """The terms of equations 1 to 4."""
    turns = right if right is not None and rules.beyond == "ignored" else len(scores)
    obtained = [score for score in scores[:turns] if score is not None]
    first, last = (obtained[0], obtained[-1]) if obtained else (0.0, 0.0)
    gain = last - first
    punished = rules.punishment - 1 if rules.failed_divisor == "punished" else turns - 1
    divisor = turns - 1 if right is not None else punished
    n = right if right is not None else rules.punishment if rules.failed == "punished" else turns
    shown = len(obtained) > 1
    return {
        "turns": Term(float(n), 1.0),
        "ADR": Term(gain, 1.0),
        "ATR": Term(gain / divisor if shown else 0.0, float(shown or rules.one_score == "zero")),
        "RR": Term(float(last >= rules.threshold) - float(first >= rules.threshold), 1.0),
    }
