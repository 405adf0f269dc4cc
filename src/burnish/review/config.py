"""The flags of the verbs `review`, `review import` and `review summary`. Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import tyro

from burnish.config import runtime
from burnish.errors import ConfigError

AskName: TypeAlias = Literal["scores", "models", "chosen"]
DEFAULT_STORE = "ratings.sqlite"
MOST_RATERS = 1000


@dataclass(frozen=True, kw_only=True)
class StoreFlags:
    """Where ratings are kept. Every verb of `review` has this flag."""

    store: str = runtime(DEFAULT_STORE)
    """Where ratings are stored: a SQLite file, the URL of a PostgreSQL database
    (`postgresql://user:password@host/name`), or `env:NAME` for an environment variable that holds either, so that no
    password stands in the command."""

    def __post_init__(self) -> None:
        if not self.store:
            raise ConfigError("--store is empty: give a file, or the URL of a PostgreSQL database.")


@dataclass(frozen=True, kw_only=True)
class ReviewConfig(StoreFlags):
    """Serve a page on which people rate dialogues and pairs (FIRE, appendix A)."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Folders of runs. Each is a split, unless its dialogues name theirs."""
    ask: AskName = "scores"
    """`scores`: rate every feedback and every refined response of a dialogue from 1 to 5 (figure A1). `models`: choose
    the better of two models' refined answers, from two runs of dialogues on the same questions. `chosen`: say whether
    the chosen answer of a pair (SeVa) is better than the rejected one."""
    sample: int = 100
    """Cases to draw from each split."""
    raters: int = 10
    """Number of raters; each gets a link."""
    overlap: int | None = None
    """Raters per case. Default: everybody rates every case."""
    seed: int = 0
    """Seed of which cases are drawn, who rates which, in which order, and which side is A."""
    host: str = runtime("127.0.0.1")
    """Address to listen on. On this machine's own (the default) the first page lists everybody's link; on any other
    address it lists none, and only people with a link can see or rate anything."""
    port: int = runtime(8000)
    """Port to listen on; 0 takes a free one."""

    def __post_init__(self) -> None:
        StoreFlags.__post_init__(self)
        if not self.runs:
            raise ConfigError("RUNS is empty: give the folder of at least one run.")
        if self.ask not in get_args(AskName):
            raise ConfigError(f"--ask {self.ask!r} is not one of {', '.join(get_args(AskName))}.")
        if self.ask == "models" and len(self.runs) != 2:
            raise ConfigError(f"--ask models compares two runs of dialogues, not {len(self.runs)}.")
        if self.sample < 1:
            raise ConfigError(f"--sample must be 1 or more, not {self.sample}.")
        if not 1 <= self.raters <= MOST_RATERS:
            raise ConfigError(f"--raters must be from 1 to {MOST_RATERS:,}, not {self.raters}.")
        if self.overlap is not None and not 1 <= self.overlap <= self.raters:
            raise ConfigError(f"--overlap must be from 1 to --raters {self.raters}, not {self.overlap}.")
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"--port must be from 0 to 65535, not {self.port}.")


@dataclass(frozen=True, kw_only=True)
class ImportRatingsConfig(StoreFlags):
    """Take the human ratings that imported dialogues bring (`human_rating` in FIRE's form) into the store."""

    run: tyro.conf.Positional[str]
    """Folder of the run that `burnish import` made."""


@dataclass(frozen=True, kw_only=True)
class ReviewSummaryConfig(StoreFlags):
    """Summarise the ratings: means with intervals by split and source (FIRE's table A1), and how far raters agree."""

    out: str | None = None
    """Folder for `ratings` (one row per rating) and `means`, each as CSV and as Parquet. Default: no files are
    written."""
    json: str | None = None
    """Also write the numbers to this file, as JSON."""
