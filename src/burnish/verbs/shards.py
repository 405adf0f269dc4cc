"""Runs as verbs read them: all shards of one run, given together or as the folder that holds them, are that run."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.errors import ConfigError, RunError
from burnish.ids import content_key
from burnish.store import Run
from burnish.store.manifest import NAME
from burnish.store.merging import RunPart, in_order
from burnish.verbs.merge import MergeConfig, merge_runs, part_of

MERGED = "merged-{}"
"""The folder, beside the shards, of the run that they make."""
_DONE = "done.json"
_DIGITS = 8


def whole_runs(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths, all shards of a run replaced by the run that they make, where the first of them stood.

    Shards of which others were not given stay as they are. Raises RunError for a folder of shards in which one is
    missing or unfinished.
    """
    found = _grouped(paths)
    return tuple(_merged(key, parts) if parts else path for path, key, parts in found)


def runs_in_order(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths, all shards of a run in their order, where the first of them stood; nothing is merged.

    Raises RunError as `whole_runs` does.
    """
    found = _grouped(paths)
    return tuple(name for path, _, parts in found for name in ([str(one.run.path) for one in parts] or [path]))


def _grouped(paths: Sequence[str]) -> Iterator[tuple[str, str, list[RunPart]]]:
    """Each path that stands for itself, with no parts; or the first shard of a run with its key and all its parts."""
    single = [one for path in paths for one in _shards_within(path) or [path]]
    keyed = {path: (_key(part), part) for path in dict.fromkeys(single) if (part := _part(path))}
    groups: dict[str, list[RunPart]] = defaultdict(list)
    for key, part in keyed.values():
        groups[key].append(part)
    printed = set[str]()
    for path in single:
        key = keyed[path][0] if path in keyed else ""
        parts = groups.get(key, [])
        if not parts or len(parts) < parts[0].of:
            yield path, "", []
        elif key not in printed:
            printed.add(key)
            yield path, key, in_order(parts)


def whole_run(paths: Sequence[str]) -> str:
    """The one run that the paths name, which is its own path or all of its shards. Raises RunError or ConfigError."""
    found = whole_runs(paths)
    if len(found) == 1:
        return found[0]
    in_order([part_of(Run.open(Path(path))) for path in found])
    raise ConfigError(f"{', '.join(found)} are several runs: give one, or all shards of one.")


def _shards_within(path: str) -> list[str]:
    """The shards in a folder that is no run itself. Raises RunError where they are not all of one run."""
    folder = Path(path)
    if not folder.is_dir() or (folder / NAME).exists():
        return []
    held = sorted(str(one) for one in folder.iterdir() if _part(str(one)))
    if held:
        in_order([part_of(Run.open(Path(one))) for one in held])
    return held


def _part(path: str) -> RunPart | None:
    """None for what is not a shard."""
    try:
        return part_of(Run.open(Path(path))) if (Path(path) / NAME).is_file() else None
    except RunError:
        return None


def _key(part: RunPart) -> str:
    """The same for all shards of one run, and for no others."""
    whole = part.whole
    printed = {"kind": whole.kind, "config": whole.config, "fingerprints": whole.fingerprints, "seed": whole.seed}
    return content_key(json.dumps([printed, part.of], sort_keys=True).encode())[:_DIGITS]


def _merged(key: str, parts: Sequence[RunPart]) -> str:
    """The path of the run that the shards make; it is made anew where one of them is newer."""
    first = parts[0].run.path
    out = first.parent / MERGED.format(key)
    restart = _time(out) < max(_time(part.run.path) for part in parts)
    print(f"burnish: {len(parts)} shards in {first.parent} are read as one run, merged in {out}.", file=sys.stderr)
    merge_runs(MergeConfig(runs=tuple(str(part.run.path) for part in parts), out=str(out), restart=restart))
    return str(out)


def _time(run: Path) -> int:
    """When it was finished, in nanoseconds; 0 where it is not."""
    done = run / _DONE
    return done.stat().st_mtime_ns if done.exists() else 0
