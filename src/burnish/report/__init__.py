"""Reports: what a run or a training holds, as tables, plots and pages. Everything comes from the folder on disk."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.errors import ConfigError

MAX_SAMPLES = 200
"""Pairs in a page at most: with a few distortions each, more would make a page of a hundred megabytes."""


@dataclass(frozen=True, kw_only=True)
class ReportConfig:
    """Draw what a run of pairs, dialogues or a bench, or a training, holds: tables, plots, a page of samples."""

    run: tyro.conf.Positional[str]
    """Folder of the run, or of the training."""
    out: str | None = None
    """Folder for the report; without it, `report` inside the run's folder."""
    samples: int = 24
    """Pairs shown with their pictures on the page of a run of pairs."""
    seed: int = 0
    """Decides which pairs are shown."""
    json: str | None = None
    """Also write the numbers to this file."""

    def __post_init__(self) -> None:
        if not 0 <= self.samples <= MAX_SAMPLES:
            raise ConfigError(f"--samples must be from 0 to {MAX_SAMPLES}, not {self.samples}.")
