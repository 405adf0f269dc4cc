"""Reports: what a run or a training holds, as tables, plots and pages. Everything comes from the folder on disk."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.errors import ConfigError

MAX_SAMPLES = 1000
"""Records in a page at most; `burnish view` shows runs of any size."""


@dataclass(frozen=True, kw_only=True)
class ReportConfig:
    """Draw a page, tables, plots and a sample of records from runs and trainings."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Folders of runs or trainings, in any mixture; those of one kind are shown side by side."""
    out: str | None = None
    """Folder for the report. Default: `report` in the first run's folder."""
    title: str = ""
    """Begins the page's title, before the verdicts. Default: which models are compared, or what the runs hold."""
    samples: int = 60
    """Records to show with their pictures."""
    seed: int = 0
    """Seed of the choice of records to show."""
    json: str | None = None
    """Also write the numbers to this file."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ConfigError("RUNS must name at least one run.")
        if not 0 <= self.samples <= MAX_SAMPLES:
            raise ConfigError(f"--samples must be from 0 to {MAX_SAMPLES}, not {self.samples}.")
