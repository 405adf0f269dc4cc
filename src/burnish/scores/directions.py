"""Which side of a number is better: the one place that knows it of the papers' numbers.

The metrics of `burnish bench answers` carry their own direction, as every `Metric` does.
"""

from __future__ import annotations

from collections.abc import Mapping

from burnish.scores.base import Direction

BETTER: Mapping[str, Direction] = {
    # FIRE, tables 2 and 3
    **dict.fromkeys(("bleu_1", "bleu_2", "bleu_3", "bleu_4", "cider"), "higher"),
    "mae": "lower",
    # FIRE, tables 4 to 6 and figure 7
    **dict.fromkeys(("AT", "turns"), "lower"),
    **dict.fromkeys(("ADR", "ATR", "RR"), "higher"),
    **dict.fromkeys((f"accuracy_{turn}" for turn in range(1, 6)), "higher"),
    # standard and judged benchmarks
    **dict.fromkeys(("accuracy", "accuracy_plus", "precision", "recall", "f1", "mean_f1"), "higher"),
    **dict.fromkeys(("points", "relative"), "higher"),
    "hallucinated": "lower",
    "yes_ratio": "neither",
}
"""By the name that results have for the number."""
