"""Reports: what a run or a training holds, as tables, plots and pages. Everything comes from the folder on disk."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.errors import ConfigError

MAX_SAMPLES = 1000
"""Records in a page at most; `burnish view` shows runs of any size."""


@dataclass(frozen=True, kw_only=True)
class ReportConfig:
    """Draw what runs of pairs, dialogues or benches, or trainings, hold: a page, tables, plots, a sample of records."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Folders of runs or trainings, in any mixture; those of one kind are laid side by side too."""
    out: str | None = None
    """Folder for the report; without it, `report` inside the first run's folder."""
    title: str = ""
    """What the page is about: begins its title, before the verdicts. Default: who is compared, or what runs hold."""
    samples: int = 60
    """Records shown with their pictures, in all."""
    seed: int = 0
    """Decides which records are shown."""
    json: str | None = None
    """Also write the numbers to this file."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ConfigError("RUNS must name at least one run.")
        if not 0 <= self.samples <= MAX_SAMPLES:
            raise ConfigError(f"--samples must be from 0 to {MAX_SAMPLES}, not {self.samples}.")
