"""Runs that are trained on together, and what each one's share of the pairs is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from burnish.errors import ConfigError


def parse_shares(written: Sequence[str]) -> dict[str, float | None]:
    """Each path with its share, as in `runs/seva=0.7`; None where none is written.

    Raises ConfigError for a share that is none, for some runs with and some without one, and for a run given twice.
    """
    shares: dict[str, float | None] = {}
    for text in written:
        path, share = _split(text)
        if path in shares:
            raise ConfigError(f"{path} is given twice: name each run once.")
        shares[path] = share
    if len({share is None for share in shares.values()}) > 1:
        raise ConfigError(f"Some runs have a share and some have none ({', '.join(written)}): give each one, or none.")
    return shares


def pairs_of_each(shares: Mapping[str, float | None], counts: Mapping[str, int]) -> dict[str, int]:
    """How many pairs are taken of each run: all, or as many as keep to the shares with no pair taken twice.

    Of 300 and 100 pairs with shares of 0.5 and 0.5 that is 100 and 100.
    """
    given = {path: share for path, share in shares.items() if share is not None}
    if not given:
        return dict(counts)
    total = min(counts[path] / share for path, share in given.items())
    return {path: min(counts[path], round(total * share)) for path, share in given.items()}


def _split(text: str) -> tuple[str, float | None]:
    path, equals, number = text.rpartition("=")
    if not equals or Path(text).exists():
        return text, None
    try:
        share = float(number)
    except ValueError:
        return text, None
    if not 0 < share < float("inf"):
        raise ConfigError(f"{text} has no share above 0: write it as in {path}=0.5.")
    return path, share
