"""A training: its curves, and where they begin and end."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.errors import RunError
from burnish.report.kinds.kind import RunKind
from burnish.report.kinds.training.log import FIRST, LOG, Log, finite, read_log, short_number, training_table
from burnish.report.kinds.training.plots import training_curves
from burnish.report.kinds.training.together import trainings_together
from burnish.report.section import Section, Tile
from burnish.store import Run

TITLES: Mapping[str, str] = {
    "dpo": "Training on preference pairs (DPO)",
    "sft": "Training on ground truths (SFT)",
    "student": "Training of a student",
    "teacher": "Training of a teacher",
    "distil": "Self-distillation from feedback",
}
"""What each training's figure is called."""


def _section(run: Run) -> Section:
    path = run.path / LOG
    if not path.exists():
        raise RunError(f"{run.path} has no {LOG} yet: wait for the training's first step.")
    log = read_log(path)
    title = TITLES[run.manifest.kind]
    return Section(
        title=title,
        tiles=training_tiles(log),
        tables=(training_table(log),),
        figures={"training": training_curves(log, title)},
        numbers={"steps": [dict(step) for step in log]},
    )


def training_tiles(log: Log) -> tuple[Tile, ...]:
    """How long it was, and how far its numbers came."""
    tiles = [Tile("steps", f"{int(log[-1]['step']):,}")]
    for key, name in FIRST.items():
        values = finite(log, key)
        if values:
            tiles.append(
                Tile(name, short_number(values[-1]), f"from {short_number(values[0])}" if len(values) > 1 else "")
            )
    return tuple(tiles)


KIND = RunKind(section=_section, together=(trainings_together,), replies=False)
