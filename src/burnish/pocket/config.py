"""The flags of `burnish train pocket`; nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burnish.config import RunFlags, runtime
from burnish.errors import ConfigError
from burnish.pocket import place
from burnish.pocket.world.habits import NATURAL


@dataclass(frozen=True, kw_only=True)
class TrainPocketConfig(RunFlags):
    """Train the pocket VLM, from scratch or from existing weights, on a world with habits of any strength."""

    start: str | None = None
    """Initial weights: a folder, or `pocket` for those that come with Burnish. Default: random ones."""
    habits: float = NATURAL
    """Strength of the habits of the world that the model learns from, from -1 to 1; 0 for none."""
    text_steps: int = 300
    """Steps without pictures, in which the language model learns what usually is the answer."""
    tower_steps: int = 1000
    """Steps in which the vision tower alone learns to name what each cell of a picture holds."""
    steps: int = 2800
    """Steps on questions and answers about pictures."""
    batch_size: int = 64
    """Pictures per step, each with up to eight questions."""
    lr: float = 2e-3
    """Peak learning rate, reached after the warm-up, before a cosine decay to a fiftieth of it."""
    warmup: int = 200
    """Steps of linear warm-up at the beginning of each part."""
    weight_decay: float = 0.02
    """Weight decay of AdamW."""
    seed: int = 0
    """Seed of the initial weights and the training data."""
    bf16: bool = True
    """Compute in bfloat16; weights and optimizer stay float32."""
    save_every: int = runtime(250)
    """Steps between checkpoints."""
    device: Literal["cpu", "cuda"] = runtime("cpu")
    """Where the training runs."""

    def __post_init__(self) -> None:
        least = {"text_steps": 0, "tower_steps": 0, "steps": 1, "batch_size": 1, "warmup": 1, "save_every": 1}
        for flag, number in least.items():
            if getattr(self, flag) < number:
                raise ConfigError(f"--{flag.replace('_', '-')} must be at least {number}, not {getattr(self, flag)}.")
        if self.lr <= 0:
            raise ConfigError(f"--lr must be above 0, not {self.lr}.")
        if not -1 <= self.habits <= 1:
            raise ConfigError(f"--habits must be from -1 to 1, not {self.habits:g}.")
        if self.start is not None and not place(self.start).is_dir():
            raise ConfigError(f"--start {self.start} is not a folder: give one made by `burnish train pocket`.")

    @property
    def folder(self) -> Path:
        """Where the weights are written."""
        return Path(self.out)
