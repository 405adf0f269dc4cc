"""What people are asked: one file per question, and the registry of them."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.review.asks.base import Option, RatingScale, RatingTask
from burnish.review.asks.chosen import CHOSEN
from burnish.review.asks.models import MODELS
from burnish.review.asks.scores import SCORES

ASKS: Mapping[str, RatingTask] = {"scores": SCORES, "models": MODELS, "chosen": CHOSEN}
"""By the name that `--ask` gives."""

__all__ = ["ASKS", "Option", "RatingScale", "RatingTask"]
