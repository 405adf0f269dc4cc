"""Keeps pairs whose answers are of like length, so that what is learned from them is not to write more or less."""

from __future__ import annotations

from typing import Final

DEFAULT_SHARE: Final = 0.1
"""What `--match-length` means without a number: less than one statement of a description (docs/sources.md)."""


def of_like_length(chosen: int, rejected: int, share: float) -> bool:
    """Whether two answers of so many tokens differ by at most this share of the longer one."""
    return abs(chosen - rejected) <= share * max(chosen, rejected)
