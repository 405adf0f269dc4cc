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
    """Run a paper's experiment: make the runs that its table needs, each once, then the table and its figure."""

    recipe: tyro.conf.Positional[str]
    """A recipe, such as recipes/seva-table1.yaml."""
    scale: ScaleName = "pocket"
    """`pocket`: the small world that comes with Burnish, in minutes on two cores. `paper`: real models and data, whose
    places are given with --value or in the environment."""
    out: str
    """Folder for the table (Markdown, JSON) and the figure (PNG), which have the recipe's name."""
    work: str = "runs/recipes"
    """Folder of all runs and adapters, named by what made them: recipes that share it share what is alike in them."""
    seeds: tuple[int, ...] = ()
    """Repetitions, instead of those that the recipe has."""
    value: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=VALUE: a place that the recipe needs, such as llava=models/llava-1.5-7b, or another value than the
    recipe's, such as questions=100; repeat the flag for several. What stands in the environment as BURNISH_NAME (in
    capitals) gives a place, too."""
    processes: Literal["auto", "one", "each"] = "auto"
    """Make all steps in this process, or `each` in one of its own, which gives all memory back; `auto` is `one` at
    pocket scale and `each` at the paper's."""
    launcher: str = ""
    """With a process for each step: words that start a training, such as `torchrun --nproc-per-node 8`; without them,
    the Python that runs this."""
    threads: int | None = None
    """Threads that PyTorch computes with on a CPU (OMP_NUM_THREADS), here and in the steps' processes."""

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise ConfigError(f"--threads must be at least 1, not {self.threads}.")
        if min(self.seeds, default=0) < 0 or len({*self.seeds}) < len(self.seeds):
            raise ConfigError(f"--seeds needs numbers from 0 on, each once, not {' '.join(map(str, self.seeds))}.")
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
