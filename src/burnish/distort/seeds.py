"""The seed that a distortion of a question's picture is drawn by, so that it can be drawn again."""

from __future__ import annotations

from burnish.ids import stable_seed
from burnish.records import Example, Prediction


def distortion_seed(run_seed: int, question: Example | Prediction, spec: str) -> int:
    """The seed of a distortion of this picture for this question, the same in every run with this `--seed`."""
    return stable_seed(run_seed, question.source, question.id, spec)
