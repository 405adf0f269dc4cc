"""What a run is, at a glance: what made it, how far it is, and how to make it again."""

from __future__ import annotations

from pathlib import Path

from burnish.errors import RunError
from burnish.report.kinds.training.log import LOG, read_log, training_table
from burnish.report.provenance import Origin
from burnish.report.tables import Table
from burnish.store import Run
from burnish.store.manifest import NAME as MANIFEST

SPEAKERS = ("model", "adapter", "student", "student_adapter", "contrast", "teacher", "teacher_adapter", "judge")
MADE_OF = ("source", "run", "runs", *SPEAKERS)
"""The settings that say of what a run was made."""
_NAMED = 8
"""Runs inside a folder that are named."""


def open_run(path: Path) -> Run:
    """The run in a folder. Raises RunError with the folder that was meant: the log's own, or one of those inside."""
    if path.name == LOG and path.is_file():
        raise RunError(f"{path} is the log of a training: give the training's folder, {path.parent}.")
    if path.is_dir() and not (path / MANIFEST).exists() and (inside := runs_inside(path)):
        raise RunError(f"{path} is not a run, but holds some: give one of {', '.join(inside)}.")
    return Run.open(path)


def runs_inside(path: Path) -> list[str]:
    """The first runs right inside a folder, as paths."""
    return sorted(str(found.parent) for found in path.glob(f"*/{MANIFEST}"))[:_NAMED]


def overview(run: Run, origin: Origin) -> list[Table]:
    """The run's kind, size, model, seed and fingerprints; of a training its first and last step as well."""
    made = run.manifest
    goes_on = "no: the command below goes on" if origin.command else "no"
    finished = "yes" if run.summary is not None else goes_on
    rows = [("kind", made.kind), ("records", f"{len(run):,}"), ("finished", finished)]
    rows += [(name.replace("_", " "), _words(made.settings[name])) for name in MADE_OF if made.settings.get(name)]
    rows += [("seed", str(made.seed)), ("begun", made.created), ("Burnish", made.version), ("code", origin.code)]
    rows += [("fingerprints", ", ".join(f"{name} {digest[:12]}" for name, digest in made.fingerprints.items()))]
    rows += [("holds the run", inside) for inside in runs_inside(run.path)]
    about = Table(
        title=str(run.path),
        columns=("", "the run"),
        rows=tuple((name, value) for name, value in rows if value),
        text_columns=frozenset({0, 1}),
    )
    log = run.path / LOG
    begun = log.exists() and log.stat().st_size > 0
    return [about, training_table(read_log(log))] if begun else [about]


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
