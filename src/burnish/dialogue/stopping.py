"""When a dialogue between student and teacher ends (FIRE, sections 3.3 and 3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish.errors import ConfigError
from burnish.fire.texts import BEST
from burnish.records import Ending, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRules:
    """The stop rules; the defaults are those by which FIRE-1M was made."""

    threshold: float = 8.0
    """A score from here on satisfies the teacher."""
    max_turns: int = 3
    must_rise: bool = False
    """End where a score is not above the one before it, as FIRE's free dialogues do."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= BEST:
            raise ConfigError(f"--threshold must be above 0 and at most {BEST:g}, not {self.threshold:g}.")
        if self.max_turns < 1:
            raise ConfigError(f"--max-turns must be at least 1, not {self.max_turns}.")

    def ending(self, turns: Sequence[Turn]) -> Ending | None:
        """Why the dialogue ends after these turns, of which there is at least one; None where it goes on."""
        score = turns[-1].feedback.score
        if score is None:
            return "no score"
        if score >= self.threshold:
            return "satisfied"
        if self.must_rise and len(turns) > 1 and not _rose(turns):
            return "no rise"
        return "longest" if len(turns) >= self.max_turns else None


def _rose(turns: Sequence[Turn]) -> bool:
    before, now = turns[-2].feedback.score, turns[-1].feedback.score
    return before is not None and now is not None and now > before
