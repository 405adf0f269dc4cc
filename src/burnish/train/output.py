"""The folder that training leaves, and what stands in it while it is being made.

OUT/manifest.json           what made it: configuration, seed, fingerprints of model and data, version
OUT/checkpoints/            Trainer's states to go on from; deleted at the end unless they are to be kept
OUT/log.jsonl               one line per step: loss, rewards, learning rate, tokens, seconds
OUT/adapter_model.safetensors, adapter_config.json, and the model's processor
OUT/model.safetensors, …     the whole model in the place of the adapter, with --full
OUT/done.json               the summary, written last: with it the training is finished
OUT/merged/                 the whole model with the adapter merged into it, where asked for
OUT/lock                    held by the one process that writes, with its process id
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, final

from burnish.errors import RunError
from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.records import Json
from burnish.store import Manifest
from burnish.store.disk import explained, lock, refuse_links, write_whole
from burnish.store.manifest import NAME as MANIFEST
from burnish.store.manifest import read_manifest, refuse_changes, write_manifest

KINDS = ("dpo", "sft", "student", "teacher", "distil")
COMPLETE = "complete"
"""A file in a checkpoint that says that all processes had written their parts of it."""
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_DONE = "done.json"
_LOCK = "lock"


class Checkpoint(NamedTuple):
    """A state to go on from."""

    step: int
    path: Path


@final
class Output:
    """One training's folder; a context manager that lets the lock go. Only the main process may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.table = self.checkpoints / "examples.arrow"
        self.log = path / "log.jsonl"
        self.merged = path / "merged"
        self._lock: int | None = None

    @property
    def summary(self) -> dict[str, Json] | None:
        """What `finish` was given; None until then. Raises RunError for a damaged one."""
        done = self.path / _DONE
        try:
            summary = read_json(read_plain(done, follow=False))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(f"{done} cannot be read ({error}): copy the training again, or give --restart.") from error
        if not isinstance(summary, dict):
            raise RunError(f"{done} is not the summary of a training: copy the training again, or give --restart.")
        return summary

    def begin(self, manifest: Manifest, *, restart: bool) -> None:
        """Create the folder, or go on with it where training stopped. `restart` deletes what an earlier one left.

        Raises RunLocked while another process trains here, ConfigChanged when the training was begun differently,
        RunError for a folder that holds something else.
        """
        with explained(self.path, "written"):
            refuse_links(self.path)
            _refuse_other_folders(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = lock(self.path / _LOCK)
            if restart:
                self._delete_contents()
            if not (self.path / MANIFEST).exists():
                write_manifest(self.path, manifest)
            refuse_changes(self.path, read_manifest(self.path), manifest)
            if self.summary is None:
                self.checkpoints.mkdir(exist_ok=True)

    def last_checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that is whole."""
        found = [
            Checkpoint(int(match[1]), path)
            for path in self.checkpoints.glob("checkpoint-*")
            if (match := _CHECKPOINT.fullmatch(path.name)) and (path / COMPLETE).exists()
        ]
        return max(found, default=None)

    def bring_out(self, last: Checkpoint) -> None:
        """Bring out the adapter of the last checkpoint."""
        with explained(self.path, "written"):
            for name in _ADAPTER:
                shutil.copyfile(last.path / name, self.path / name)

    def finish(self, summary: Mapping[str, Json]) -> None:
        """Mark the training as finished."""
        with explained(self.path, "written"):
            write_whole(self.path / _DONE, json.dumps(dict(summary), indent=2).encode(), sync=True)

    def delete_checkpoints(self) -> None:
        """Delete the states to go on from; a finished training needs none."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def _delete_contents(self) -> None:
        """Delete everything, the manifest last, so that after a kill the folder still says what it is."""
        (self.path / _DONE).unlink(missing_ok=True)
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name not in (MANIFEST, _LOCK):
                entry.unlink()
        (self.path / MANIFEST).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _refuse_other_folders(path: Path) -> None:
    """Raise RunError unless `path` is free or a training's folder."""
    if not path.exists():
        return
    if not path.is_dir():
        raise RunError(f"{path} is a file: give --out a folder.")
    if (path / MANIFEST).exists():
        kind = read_manifest(path).kind
        if kind not in KINDS:
            raise RunError(f"{path} holds {kind}, not a training: give --out another folder.")
    elif others := {entry.name for entry in path.iterdir()} - {_LOCK, f"{MANIFEST}.tmp"}:
        raise RunError(f"{path} is not a training's folder, and {min(others)} is in it: give --out a new folder.")


def make_readable(folder: Path) -> None:
    """Give all files the mode of new ones: what safetensors writes is for its owner alone."""
    os.umask(mask := os.umask(0))
    for path in folder.iterdir():
        if path.is_file():
            path.chmod(0o666 & ~mask)
