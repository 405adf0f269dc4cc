"""Whether an answer is right, where a source knows the truth, and which pairs are kept by it."""

from __future__ import annotations

import re
from typing import Final

from burnish.errors import ConfigError

CHOSEN_RIGHT: Final = "chosen-right"
REJECTED_WRONG: Final = "rejected-wrong"
_ALL: Final = (CHOSEN_RIGHT, REJECTED_WRONG)


def check_keep(keep: str | None) -> None:
    """Raise ConfigError for what `--keep` cannot be."""
    if unknown := [word for word in kept(keep) if word not in _ALL]:
        raise ConfigError(f"--keep {keep} has {unknown[0]!r}: give {CHOSEN_RIGHT}, {REJECTED_WRONG}, or both.")


def kept(keep: str | None) -> frozenset[str]:
    """What `--keep` asks of a pair."""
    return frozenset(word.strip() for word in (keep or "").split(",")) if keep is not None else frozenset()


def is_right(text: str, truth: str) -> bool:
    """Whether an answer is the ground truth, whatever its case and punctuation."""
    return words(text) == words(truth)


def words(text: str) -> list[str]:
    """Those of an answer, for comparing it."""
    return re.findall(r"\w+", text.casefold())
