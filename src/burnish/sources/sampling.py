"""A source and which of its examples are taken: the flags that every verb with a SOURCE shares."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.config import added, runtime
from burnish.errors import ConfigError
from burnish.sources.folds import Folds
from burnish.sources.sharding import Shard


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """A random choice as in SeVa (section 4.1): some questions of each picture, then some of each source.

    A verb's configuration that inherits from this and from others calls each one's `__post_init__` itself.
    """

    per_image: int | None = 2
    """Questions per picture, chosen at random as in SeVa; `None` takes all of them."""
    per_source: int | None = None
    """Examples per source name (SeVa takes 8,000 each of textvqa and ocr_vqa). Default: all."""
    only: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Take only this source name, such as textvqa; repeat the flag for several."""
    fold: str | None = added(None)
    """Take only the pictures of fold I of N, as I/N, or of folds I to J, as I-J/N. A picture's name decides its fold:
    make data from nine tenths of the pictures with `2-10/10`, and bench on the others with `1/10`."""
    limit: int | None = None
    """Examples in all. A larger limit begins with the same examples in the same order."""
    seed: int = 0
    """Seed of every random choice: the same seed gives the same examples in the same order."""

    shard: str | None = runtime(None)
    """Make only part I of N, as I/N. `burnish merge` joins the parts to the whole run."""

    def __post_init__(self) -> None:
        if self.shard is not None:
            Shard.parse(self.shard)
        if self.fold is not None:
            Folds.parse(self.fold)
        for flag, value in (
            ("--per-image", self.per_image),
            ("--per-source", self.per_source),
            ("--limit", self.limit),
        ):
            if value is not None and value < 1:
                raise ConfigError(f"{flag} must be at least 1, not {value}.")
        if self.seed < 0:
            raise ConfigError(f"--seed must be 0 or more, not {self.seed}.")


@dataclass(frozen=True, kw_only=True)
class Questions(Sampling):
    """The questions of a source with their ground truths: all of them, unless fewer are asked for."""

    source: tyro.conf.Positional[str]
    """Where pictures, questions and ground truths come from: `folder:questions.jsonl`, `llava:file.json`, `fire:FILE`,
    `huggingface:path`, `pocket`; several separated by commas."""
    per_image: int | None = None
    """Questions per picture, chosen at random. Default: all of them."""
