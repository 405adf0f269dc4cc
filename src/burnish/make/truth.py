"""Whether an answer is right, where a source knows the truth, and which pairs are kept by it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from burnish.errors import ConfigError

CHOSEN_RIGHT: Final = "chosen-right"
REJECTED_WRONG: Final = "rejected-wrong"
_ALL: Final = (CHOSEN_RIGHT, REJECTED_WRONG)


class Keep(NamedTuple):
    """What `--keep` asks of a pair."""

    chosen_right: bool
    rejected_wrong: bool

    @classmethod
    def parse(cls, keep: str | None) -> Keep:
        """Raises ConfigError for what `--keep` cannot be."""
        words = {word.strip() for word in keep.split(",")} if keep is not None else set[str]()
        if unknown := sorted(words.difference(_ALL)):
            raise ConfigError(f"--keep {keep} has {unknown[0]!r}: give {CHOSEN_RIGHT}, {REJECTED_WRONG}, or both.")
        return cls(CHOSEN_RIGHT in words, REJECTED_WRONG in words)

    def takes_chosen(self, text: str, truth: str) -> bool:
        """Whether a pair with this chosen answer is kept."""
        return not self.chosen_right or is_right(text, truth)

    def takes_rejected(self, text: str, truth: str) -> bool:
        """Whether this answer may be a rejected one."""
        return not self.rejected_wrong or not is_right(text, truth)


def is_right(text: str, truth: str) -> bool:
    """Whether an answer is the ground truth, whatever its case and punctuation."""
    return words(text) == words(truth)


def words(text: str) -> list[str]:
    """Those of an answer, for comparing it."""
    return re.findall(r"\w+", text.casefold())
