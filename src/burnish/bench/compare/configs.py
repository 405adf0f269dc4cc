"""Configuration of `burnish compare`; light, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from burnish.errors import ConfigError
from burnish.scores import GateRule

MAX_FLIPS = 1000
"""Flips on the page at most, whose pictures it holds."""


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Say whether one result of a benchmark is better than another, and which questions flipped."""

    before: tyro.conf.Positional[str]
    """A run of `burnish bench`, or the file that `burnish score NAME … --json` wrote."""
    after: tyro.conf.Positional[str]
    """Another result of the same benchmark; it is called better or worse."""
    may_differ: tuple[str, ...] = ()
    """Settings that may differ beside model, adapter and seed, such as prompt. A refusal names them."""
    judged: str | None = None
    """A run of `burnish bench judged pairwise` in which a judge compared these two runs' answers."""
    on: str | None = None
    """The metric that decides, by its name in the JSON, such as repetition. Default: the benchmark's main metric."""
    fail_if: GateRule | None = None
    """Exit with 3 if the second result is worse, or if it is not better: a release gate. With `worse`, an undecided
    comparison passes."""
    images: str | None = None
    """Folder of the pictures, for results of `burnish score`, which have none."""
    flips: int = 100
    """Flipped questions to show on the page with their pictures."""
    out: str | None = None
    """Folder for the page. Default: `compared` in the second result's folder, or beside its file."""
    json: str | None = None
    """Also write the numbers and all flips to this file."""

    def __post_init__(self) -> None:
        if not 0 <= self.flips <= MAX_FLIPS:
            raise ConfigError(f"--flips must be from 0 to {MAX_FLIPS}, not {self.flips}.")
        if Path(self.before).resolve() == Path(self.after).resolve():
            raise ConfigError(f"{self.before} cannot be compared with itself: give two results.")
        if self.images is not None and not Path(self.images).is_dir():
            raise ConfigError(f"--images {self.images} is not a folder.")

    @property
    def folder(self) -> Path:
        """Where the page is written."""
        after = Path(self.after)
        return Path(self.out) if self.out else (after if after.is_dir() else after.parent) / "compared"
