"""Configurations of `burnish import results` and `burnish bench lmms`; light, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from burnish.config import RunFlags, place, runtime
from burnish.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ImportResultsConfig(RunFlags):
    """Bring results of lmms-eval or VLMEvalKit into a run, to compare and report them."""

    files: tyro.conf.Positional[tuple[str, ...]] = place()  # noqa: RUF009 - a field
    """lmms-eval's `DATE_samples_TASK.jsonl`, or tables of VLMEvalKit (.xlsx, .tsv, .csv), before or after scoring; all
    of one model."""
    model: str | None = None
    """Whose answers these are. Default: the name that VLMEvalKit's files begin with, or the folder's."""

    def __post_init__(self) -> None:
        if not self.files or not self.out:
            raise ConfigError("FILE or --out is empty: give results and the folder of a run.")


@dataclass(frozen=True, kw_only=True)
class LmmsConfig(RunFlags):
    """Run tasks of lmms-eval on a model, in lmms-eval's own environment, and store the answers as a run."""

    tasks: tyro.conf.Positional[tuple[str, ...]]
    """Names of lmms-eval's tasks, such as mme or pope."""
    model: str
    """The model, as every verb takes it."""
    adapter: str | None = None
    """A PEFT adapter to load on the model."""
    model_args: tuple[str, ...] = ()
    """Further flags of the model, such as pad_to_square=True."""
    limit: int | None = None
    """Questions of each task. Default: all."""
    include_path: str | None = None
    """A folder with your own tasks."""
    force_simple: bool = False
    """For tasks that score given answers."""
    batch_size: int = runtime(16)
    """Requests per forward pass of a local model."""
    lmms_python: str = runtime(".venv-lmms/bin/python")
    """The Python of an environment that has both lmms-eval and Burnish (`pip install 'burnish[lmms]'`)."""

    def __post_init__(self) -> None:
        if not self.tasks or not self.model or not self.out:
            raise ConfigError("TASK, --model or --out is empty: give all three.")
        if strange := next((one for one in (*self.tasks, *self.arguments) if "," in one), None):
            raise ConfigError(f"{strange!r} has a comma, which separates lmms-eval's own: rename it, or give a link.")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `--model_args` of lmms-eval is given."""
        adapter = (f"adapter={self.adapter}",) if self.adapter else ()
        return (f"model={self.model}", *adapter, *self.model_args)
