"""How long answers are, in the model's own tokens (figure 5 of SeVa)."""

from __future__ import annotations

from burnish.bench.metrics import Term
from burnish.bench.scorers.base import Scorer
from burnish.records import Prediction
from burnish.scores import Metric

TOKENS = Metric(
    name="tokens", title="answer tokens", family="length", unit="tokens", interval="bootstrap", better="neither"
)


def score_length(prediction: Prediction) -> dict[str, Term]:
    """Nothing where the backend does not count tokens: even an empty answer has its end token."""
    return {TOKENS.name: Term(prediction.n_tokens, 1)} if prediction.n_tokens else {}


LENGTH = Scorer((TOKENS,), score_length)
