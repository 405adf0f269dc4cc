"""What is known of pairs before anything is trained on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """How usual rejected answers are; log-probabilities are in nats per answer, of the model that made the pairs."""

    pairs: int
    """Pairs that were looked at."""
    rejected_more_usual: float
    """Share of rejected answers that the model finds likelier than the chosen one when it sees no picture."""
    gap: float
    """By how much, in the mean: log-probability of rejected minus chosen answers to the question alone."""
    margin: float
    """Log-probability of chosen minus rejected answers on the clean picture, in the mean."""
