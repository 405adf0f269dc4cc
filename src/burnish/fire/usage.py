"""What asking a model costs: tokens counted, and priced by a table that the user gives."""

from __future__ import annotations

from dataclasses import dataclass

PER = 1_000_000
"""Prices are for this many tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens in and out of some calls."""

    calls: int = 0
    uncounted: int = 0
    """Calls whose endpoint does not tell their tokens."""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            calls=self.calls + other.calls,
            uncounted=self.uncounted + other.uncounted,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one model's tokens cost."""

    currency: str
    input: float
    """Of a million prompt tokens."""
    output: float
    """Of a million completion tokens."""

    def of(self, usage: Usage) -> float:
        """The cost of the tokens that were counted."""
        return (usage.prompt_tokens * self.input + usage.completion_tokens * self.output) / PER
