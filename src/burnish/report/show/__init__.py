"""One record of a run on the terminal, with its pictures where the terminal can draw them: the verb `show`."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ShowConfig:
    """Show a record of a run: a pair, a dialogue, a prediction, a judgement, or what was dropped and why."""

    run: tyro.conf.Positional[str]
    """Folder of the run."""
    id: tyro.conf.Positional[str | None] = None
    """Which record; without it, what the run is and its first record."""
    number: int = 1
    """Which record, counted from 1 in the run (-1 is its last), or among those with this ID or these words."""
    search: str | None = None
    """The first record in whose texts these words stand together, in small or capital letters."""
    no_picture: bool = False
    """Leave the pictures away, which else are drawn on a terminal that can (Kitty's protocol, Sixel, blocks of
    colour)."""

    def __post_init__(self) -> None:
        if self.id is not None and self.search is not None:
            raise ConfigError("Give an ID or --search, not both.")
        if self.search == "":
            raise ConfigError("--search is empty: give words that a record holds.")
        if self.number == 0:
            raise ConfigError("--number counts from 1, or from -1 at the run's end; 0 is neither.")
        if self.number < 0 and (self.id is not None or self.search is not None):
            raise ConfigError("--number counts from the end only without an ID and --search.")
