"""The flags of `burnish check`; nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import tyro

from burnish.config import runtime
from burnish.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class CheckConfig:
    """Open a model and check that everything Burnish does with it works and gives correct results.

    Exits with 2 if the model cannot be loaded or gives wrong results.
    """

    model: tyro.conf.Positional[str]
    """A path or hub name of an image-text-to-text model of transformers, or `pocket`."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Compute dtype; `auto` is what the checkpoint says (float32 on a CPU)."""
    device: str = runtime("auto")
    """`auto` (a GPU if there is one), `cpu`, `cuda:1`, or `balanced` to spread the model over all GPUs."""
    trust_remote_code: bool = False
    """Run Python code that comes with the model. Leave off unless you trust its author."""
    json: str | None = runtime(None)
    """Also write the findings to this file."""

    def __post_init__(self) -> None:
        if self.model.startswith(("http://", "https://")):
            raise ConfigError(f"{self.model} is an endpoint: `burnish check` opens a model's own files.")
        if not self.model:
            raise ConfigError("MODEL is empty: give a path, a hub name or `pocket`.")
