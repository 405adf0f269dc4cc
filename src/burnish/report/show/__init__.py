"""One record of a run on the terminal, with its pictures where the terminal can draw them: the verb `show`."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ShowConfig:
    """Show a record of a run: a pair, a dialogue, a prediction, a judgement, or a dropped example and why."""

    run: tyro.conf.Positional[str]
    """Folder of the run."""
    id: tyro.conf.Positional[str | None] = None
    """ID of the record. Default: an overview of the run and its first record."""
    number: int = 1
    """Number of the record, from 1 in the run (-1 is the last), or among those with this ID or these words."""
    search: str | None = None
    """Show the first record that contains these words, in any case."""
    no_picture: bool = False
    """Do not draw pictures. Default: draw them in terminals that can (Kitty's protocol, Sixel, or colour blocks)."""

    def __post_init__(self) -> None:
        if self.id is not None and self.search is not None:
            raise ConfigError("Give an ID or --search, not both.")
        if self.search == "":
            raise ConfigError("--search is empty: give words that a record holds.")
        if self.number == 0:
            raise ConfigError("--number counts from 1, or from -1 at the run's end; 0 is neither.")
        if self.number < 0 and (self.id is not None or self.search is not None):
            raise ConfigError("--number counts from the end only without an ID and --search.")
