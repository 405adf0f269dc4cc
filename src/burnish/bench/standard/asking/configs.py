"""Configurations of `burnish bench standard NAME`; light, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from burnish.config import RunFlags, place, runtime
from burnish.contrast import ContrastFlags
from burnish.errors import ConfigError
from burnish.generation.replicas import AskedModel
from burnish.models import Decoding
from burnish.sources.sharding import Shard


@dataclass(frozen=True, kw_only=True)
class AskConfig(ContrastFlags, AskedModel, RunFlags):
    """What every `burnish bench standard NAME` has."""

    benchmark: ClassVar[str]
    data: str = place()
    """Folder with the files of the official release under their own names, or `huggingface:PATH` of a data set with
    questions and pictures (with `#split=` and `#config=` if it has several)."""
    images: str | None = runtime(None)
    """Folder of the pictures. Default: under --data, as the official release unpacks them."""
    limit: int | None = None
    """Questions to take, drawn by --seed. Questions that are scored together count as one (all rotations in MMBench,
    all questions about one picture). Default: all."""
    seed: int = 0
    """Seed of the order of the questions, and of which are taken."""
    shard: str | None = runtime(None)
    """Ask only part I of N, as I/N. `burnish merge` joins and scores the parts."""
    max_new_tokens: int = 128
    """Longest answer, in tokens."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.data:
            raise ConfigError("--data is empty: give the folder of the official files, or huggingface:PATH.")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"--limit must be at least 1, not {self.limit}.")
        if self.seed < 0:
            raise ConfigError(f"--seed must be 0 or more, not {self.seed}.")
        if self.shard is not None:
            Shard.parse(self.shard)
        self.refuse_contrast(self.model, "--model")
        self.decoding  # noqa: B018 - checks its value

    @property
    def decoding(self) -> Decoding:
        """How answers are generated: greedily, alone or by contrast."""
        return Decoding(max_new_tokens=self.max_new_tokens, contrast=self.contrast_by(self.seed))
