"""What made a run, so that every number traces back to it, and whether it may be gone on with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import burnish
from burnish.config import everything, identity
from burnish.errors import ConfigChanged, RunError
from burnish.flags import words_of
from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.records import Json
from burnish.renamed import renamed
from burnish.store.codec import dump, from_json, to_json
from burnish.store.disk import refuse_links, write_whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NAME = "manifest.json"
FORMAT = 1
"""The layout of a run on disk that this code reads and writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What made a run. A difference in kind, config, seed or fingerprints refuses to resume; the rest is for people."""

    kind: str
    """What the run holds: "pairs", "answers" …"""
    config: dict[str, Json]
    """The fields of the verb's configuration that decide which records there are."""
    settings: dict[str, Json]
    """All fields, those of speed and place included."""
    seed: int
    fingerprints: dict[str, str]
    """Hex digests of what the configuration only names: "model", "template", "source"."""
    version: str
    """Burnish's version, and the git commit when it runs from a checkout."""
    created: str
    """When the run was begun (ISO 8601, UTC)."""
    words: tuple[str, ...] = ()
    """What gives these settings on a command line, behind the verb; nothing in runs of older versions."""


def new_manifest(kind: str, config: DataclassInstance, *, seed: int, fingerprints: Mapping[str, str]) -> Manifest:
    """The manifest of a run that `config` begins here and now."""
    return Manifest(
        kind=kind,
        config=identity(config),
        settings=everything(config),
        seed=seed,
        fingerprints=dict(fingerprints),
        version=code_version(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        words=tuple(words_of(type(config), everything(config))),
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Store the manifest; with it the folder is a run. Raises OSError."""
    text = json.dumps({"format": FORMAT, **to_json(manifest)}, indent=2, ensure_ascii=False)
    write_whole(folder / NAME, text.encode(), sync=True)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the run in `folder`.

    Raises RunError when there is none, or none that this version reads, and for a run that links elsewhere.
    """
    path = folder / NAME
    try:
        refuse_links(folder)
        data = read_json(read_plain(path, follow=False))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"{folder} is not a run: {_what_lacks(folder)}.") from error
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}.") from error
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise RunError(f"{path} was written by another version of Burnish: read it with that version.")
    try:
        manifest = from_json(Manifest, data)
    except ValueError as error:
        raise RunError(f"{path} is not a manifest: {error}.") from error
    return replace(manifest, config=renamed(manifest.config), settings=renamed(manifest.settings))


def _what_lacks(folder: Path) -> str:
    if folder.is_dir():
        return f"there is no {NAME} in it"
    return "it is a file, and a run is a folder" if folder.exists() else "there is no such folder"


def refuse_changes(folder: Path, begun: Manifest, now: Manifest) -> None:
    """Raise ConfigChanged, naming every field that differs, unless `now` makes the records that `begun` makes."""
    if begun.kind != now.kind:
        raise ConfigChanged(
            f"{folder} is a run of another kind ({begun.kind}, and this makes {now.kind}): give another --out, "
            "or --restart to delete that run and start again."
        )
    if changes := [f"{name} was {old} and is now {new}" for name, old, new in differences(begun, now)]:
        raise ConfigChanged(
            f"{folder} was begun with another configuration ({'; '.join(changes)}): "
            "give the old values, another --out, or --restart to delete that run and start again."
        )


def differences(one: Manifest, other: Manifest) -> list[tuple[str, str, str]]:
    """Name and both values (JSON text, or "not there") of all that decides records and is not equal."""
    old, new = _flat(one), _flat(other)
    return [
        (name, old.get(name, "not there"), new.get(name, "not there"))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _flat(manifest: Manifest) -> dict[str, str]:
    """Field name to JSON text, which compares equal before and after storing (tuples and lists, for one)."""
    named = {"kind": manifest.kind, "seed": manifest.seed, **manifest.config}
    named |= {f"the fingerprint of the {name}": value for name, value in manifest.fingerprints.items()}
    return {name: dump(value) for name, value in named.items()}


def code_version() -> str:
    """Version and, in a checkout, commit: "0.1.0+3b46c639a1f2" ("-dirty" with changes not committed)."""
    checkout = Path(burnish.__file__).resolve().parents[2]
    if not (checkout / ".git").exists():
        return burnish.__version__
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # no git here, or a checkout that is not ours to read
        return burnish.__version__
    return f"{burnish.__version__}+{commit}"
