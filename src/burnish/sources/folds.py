"""Pictures divided among folds by their names: what data is made of, and what it is benched on, never share one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import final

from burnish.errors import ConfigError

_FORM = re.compile(r"(?P<first>[1-9]\d*)(?:-(?P<last>[1-9]\d*))?/(?P<count>[1-9]\d*)")


@final
@dataclass(frozen=True, slots=True)
class Folds:
    """Folds `first` to `last` of `count`, from 1."""

    first: int
    last: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Folds:
        """What `--fold` names. Raises ConfigError."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ConfigError(f"--fold {text} is not a fold: give I/N, such as 1/10, or I-J/N, such as 2-10/10.")
        first, count = int(found["first"]), int(found["count"])
        last = int(found["last"] or first)
        if not first <= last <= count:
            raise ConfigError(f"--fold {text} is not among folds 1 to {count}: give I/N or I-J/N with I <= J <= N.")
        return cls(first, last, count)

    def hold(self, picture: str) -> bool:
        """Whether the picture is in one of them."""
        drawn = hashlib.blake2b(f"fold\x1f{picture}".encode(), digest_size=8).digest()
        return self.first <= int.from_bytes(drawn, "big") % self.count + 1 <= self.last
