"""The verb `export`: a run in, a folder that another tool reads out."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

import tyro

import burnish
from burnish.config import runtime
from burnish.errors import ConfigError, RunError, RunLocked
from burnish.export.base import Exporter, ExportTally
from burnish.export.card import readme
from burnish.export.fire import export_fire
from burnish.export.llamafactory import export_llamafactory
from burnish.export.llava import export_llava
from burnish.export.parquet import export_parquet
from burnish.export.swift import export_swift
from burnish.export.trl import export_trl
from burnish.export.vlmevalkit import export_vlmevalkit
from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.store import Run
from burnish.store.disk import explained

Format: TypeAlias = Literal["parquet", "trl", "swift", "llamafactory", "llava", "fire", "vlmevalkit"]

EXPORTERS: Mapping[Format, Exporter] = {
    "parquet": export_parquet,
    "trl": export_trl,
    "swift": export_swift,
    "llamafactory": export_llamafactory,
    "llava": export_llava,
    "fire": export_fire,
    "vlmevalkit": export_vlmevalkit,
}

TABLES = frozenset({"pairs.json", "pairs.jsonl", "burnish_pairs.json", "dataset_info.json", "dialogues.json"})
"""The files that hold rows, in formats that have pictures beside them."""
_MARK = "export.json"
"""Says that a folder is an export, and what is in it: only such a folder is ever replaced."""


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Write a run in the format of another tool."""

    run: tyro.conf.Positional[str]
    """Folder of the run, or of all shards of one."""
    more_runs: tyro.conf.Positional[tuple[str, ...]] = ()
    """The other shards, if RUN is one."""
    to: Format
    """`parquet` holds every record in full and opens with `datasets.load_dataset`; `trl`, `swift` (ms-swift),
    `llamafactory` and `llava` (LLaVA and POVID) hold preference pairs in these trainers' formats, one row per negative;
    `fire` holds dialogues in FIRE's published JSON; `vlmevalkit` holds the answers of a run of `bench standard` for
    VLMEvalKit."""
    out: str
    """Folder to write; it must be new or empty."""
    restart: bool = runtime(False)
    """Replace an earlier export in that folder."""
    json: str | None = runtime(None)
    """Also write the counts to this file."""

    def __post_init__(self) -> None:
        for flag, value in (("RUN", self.run), ("--out", self.out)):
            if not value:
                raise ConfigError(f"{flag} is empty: give a folder.")
        if self.to not in get_args(Format):
            raise ConfigError(f"--to {self.to!r} is not one of {', '.join(get_args(Format))}.")


class ExportResult(NamedTuple):
    """Where the export is, and what became of the records."""

    folder: Path
    records: int
    """Records in the run."""
    rows: int
    left_out: dict[str, int]
    """Records or negatives without a row, by reason."""
    files: tuple[Path, ...]
    """What was written, single pictures aside."""


def export_run(config: ExportConfig) -> ExportResult:
    """Write the run `config.run` to the folder `config.out`, which appears whole at the end or not at all.

    Raises RunError for a run that cannot be read, that holds nothing this format can hold, or a folder in use.
    """
    run, out = Run.open(Path(config.run)), Path(config.out).resolve()
    tally = ExportTally()
    with explained(out, "written"):
        _refuse_in_use(out, replace=config.restart)
        with _replacing(out) as folder:
            card = EXPORTERS[config.to](run, folder, tally)
            if not tally.rows:
                raise RunError(f"{run.path} holds nothing to export: {_reasons(tally)}.")
            _count_pictures(folder, tally)
            (folder / "README.md").write_text(readme(card, run, tally), encoding="utf-8")
            _write_mark(folder, config, tally)
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and "images" not in path.relative_to(out).parts]
    return ExportResult(out, tally.records, tally.rows, dict(tally.left_out), tuple(files))


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` at the end, unless something went wrong in between.

    Raises RunLocked while another process fills it.
    """
    growing = out.with_name(f".{out.name}.growing")
    if growing.is_symlink():
        growing.unlink()
    growing.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(growing, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _lock(descriptor, growing, out)
        _empty(growing)  # of what a kill left
        yield growing
        shutil.rmtree(out, ignore_errors=True)
        growing.rename(out)
    except RunLocked:
        raise
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    finally:
        os.close(descriptor)


def _lock(descriptor: int, growing: Path, out: Path) -> None:
    """Take the folder that the descriptor is of for this process, until it is closed."""
    locked = RunLocked(f"{out} is being written by another export: wait for it, or give --out another folder.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise locked from error
    # the other one may have given the folder its name just before the lock was taken
    if not growing.exists() or not os.path.samestat(growing.stat(), os.fstat(descriptor)):
        raise locked


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _count_pictures(folder: Path, tally: ExportTally) -> None:
    """Raise RunError unless all pictures that were laid beside the rows are there."""
    places = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    found = sum(path.relative_to(folder).as_posix() not in TABLES for path in places)
    if tally.pictures and found != tally.pictures:
        raise RunError(
            f"{folder} holds {found:,} pictures where {tally.pictures:,} were written, so another program has changed "
            "it: export again, to another folder."
        )


def _refuse_in_use(out: Path, *, replace: bool) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise RunError(f"{out} is a file: give --out a folder.")
    names = {entry.name for entry in out.iterdir()}
    if not names:
        return
    if not replace:
        raise RunError(f"{out} is not empty: give --out a new folder, or --restart to replace an earlier export.")
    if strangers := names - (_files_of(out / _MARK) if _MARK in names else set()):
        raise RunError(f"{out} holds {min(strangers)}, which no export wrote: give --out a new folder.")


def _files_of(mark: Path) -> set[str]:
    """What an export says that it wrote. Raises RunError for a damaged mark."""
    try:
        made = read_json(read_plain(mark, follow=False))
    except (OSError, ValueError) as error:
        raise RunError(f"{mark} cannot be read ({error}): give --out a new folder.") from error
    files = made.get("files") if isinstance(made, dict) else None
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise RunError(f"{mark} does not say what an export wrote: give --out a new folder.")
    return set(files)


def _write_mark(folder: Path, config: ExportConfig, tally: ExportTally) -> None:
    files = sorted({_MARK, *(entry.name for entry in folder.iterdir())})
    mark = {
        "run": str(Path(config.run).resolve()),
        "to": config.to,
        "records": tally.records,
        "rows": tally.rows,
        "left_out": dict(tally.left_out),
        "burnish": burnish.__version__,
        "files": files,
    }
    (folder / _MARK).write_text(json.dumps(mark, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _reasons(tally: ExportTally) -> str:
    if not tally.records:
        return "it has no records yet"
    return ", ".join(f"{count:,} left out for {reason!r}" for reason, count in tally.left_out.most_common())
