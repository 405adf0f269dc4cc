"""A folder of runs, one for each seed, as `burnish bench free` leaves it."""

from __future__ import annotations

from pathlib import Path

from burnish.store.manifest import NAME


def seed_folder(out: Path, seed: int) -> Path:
    """Where `burnish bench free` keeps the dialogues of a seed."""
    return out / f"seed-{seed}"


def id_in_seed(key: str, number: int) -> str:
    """What tells a dialogue of the first seed (number 0) from the same question's of the others: seeds are paired in
    their order, whatever they are."""
    return f"{key} (seed {number + 1})" if number else key


def seed_folders(out: Path) -> list[Path]:
    """The runs of all seeds in `out`, in order; empty where it is not a folder of seeds."""
    found = [path for path in out.glob("seed-*") if (path / NAME).exists() and path.name[5:].isdecimal()]
    return sorted(found, key=lambda path: int(path.name[5:]))
