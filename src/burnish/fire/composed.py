"""What composing dialogues came to: data only. `burnish compose` leaves it in the run, and a report draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.fire.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeResult:
    """Counts, scores, tokens and cost of a run of composed dialogues."""

    model: str
    """As it was named."""
    made: int
    """Examples that went in."""
    kept: int
    """Dialogues that came out."""
    dropped: Mapping[str, int]
    """Examples without a dialogue, by reason, the most frequent first."""
    turned_down: Mapping[str, int]
    """Replies that were no dialogue in the asked form, by reason; most of them were asked for again."""
    turns: Mapping[str, int]
    """Kept dialogues by their number of turns."""
    first_score: float | None
    """Mean over the kept dialogues; None where there are none."""
    last_score: float | None
    usage: Usage
    """Over every reply, those that were turned down included."""
    cost: float | None = None
    """None without a price."""
    currency: str = ""
