"""The flags of `burnish run`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal, TypeAlias

import tyro

from burnish.errors import ConfigError

ScaleName: TypeAlias = Literal["pocket", "paper"]


@dataclass(frozen=True, kw_only=True)
class RecipeConfig:
    """Run an experiment of the papers: the runs that its table needs, each once, then the table and its figure."""

    recipe: tyro.conf.Positional[str]
    """A recipe, such as recipes/seva-table1.yaml."""
    scale: ScaleName = "pocket"
    """`pocket`: the small world that comes with Burnish, in minutes on two cores. `paper`: real models and data, whose
    paths you give with --value or in the environment."""
    out: str = "results"
    """Folder for the table (Markdown, JSON) and the figure (PNG), named after the recipe."""
    work: str = "runs/recipes"
    """Folder for all runs and adapters. Recipes that share it share their common steps; calls at the same time, such as
    one per GPU, divide them."""
    seeds: tuple[int, ...] = ()
    """Seeds to repeat with, instead of the recipe's."""
    value: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=VALUE: a path that the recipe needs, such as llava=models/llava-1.5-7b, or another value for one of its
    settings, such as questions=100; repeat the flag for several. The environment variable BURNISH_NAME (in capitals)
    gives a path, too."""
    processes: Literal["auto", "one", "each"] = "auto"
    """Run all steps in `one` process, or `each` in its own, which frees all memory between them. `auto` is `one` at
    pocket scale and `each` at the paper's."""
    launcher: str = ""
    """With --processes each: the command that starts a training, such as `torchrun --nproc-per-node 8`. Default: this
    Python."""
    plan: bool = False
    """Make nothing: print what is missing and where it comes from, and what the steps would take (replies and tokens,
    judge calls, GPU-hours, the parameters and memory of trainings, sizes of checkpoints)."""
    json: str | None = None
    """With --plan: also write its numbers to this file, as JSON."""
    threads: int | None = None
    """CPU threads of PyTorch (OMP_NUM_THREADS), here and in the steps' processes."""

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise ConfigError(f"--threads must be at least 1, not {self.threads}.")
        if min(self.seeds, default=0) < 0 or len({*self.seeds}) < len(self.seeds):
            raise ConfigError(f"--seeds needs numbers from 0 on, each once, not {' '.join(map(str, self.seeds))}.")
        if self.json and not self.plan:
            raise ConfigError("--json is for --plan: the table's numbers are in --out, beside it.")
        if self.launcher and not self.apart:
            raise ConfigError("--launcher starts trainings as processes of their own: give --processes each as well.")
        for value in self.value:
            if not value.partition("=")[0].isidentifier() or "=" not in value:
                raise ConfigError(f"--value must be NAME=VALUE, such as questions=100, not {value}.")

    @property
    def apart(self) -> bool:
        """Whether each step has a process of its own."""
        return self.processes == "each" or (self.processes == "auto" and self.scale == "paper")

    @property
    def launcher_words(self) -> list[str]:
        """The launcher as a command; empty without one."""
        return shlex.split(self.launcher)
