"""Keeps pairs whose answers are of like length, so that what is learned from them is not to write more or less."""

from __future__ import annotations

from typing import Final

from burnish.errors import ConfigError

DEFAULT_SHARE: Final = 0.1
"""What `--match-length` means without a number: less than one statement of a description (docs/sources.md)."""


def check_share(share: float | None) -> None:
    """Raise ConfigError for what `--match-length` cannot be."""
    if share is not None and not 0 <= share < 1:
        raise ConfigError(f"--match-length must be 0 or above and below 1, not {share}.")


def of_like_length(chosen: int, rejected: int, share: float) -> bool:
    """Whether two answers of so many tokens differ by at most this share of the longer one."""
    return abs(chosen - rejected) <= share * max(chosen, rejected)
