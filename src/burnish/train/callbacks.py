"""What happens beside the training: lines for people, lines for machines, and the mark on whole checkpoints."""

# ruff: noqa: ARG002 - Trainer hands all of this to every callback

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, final

from accelerate import PartialState
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from burnish.errors import RunError
from burnish.jsons import read_json
from burnish.progress import Progress
from burnish.train.output import COMPLETE


@final
class StepLog(TrainerCallback):
    """Writes one line per step to `log.jsonl` and shows progress; the main process alone does either."""

    def __init__(self, path: Path, label: str) -> None:
        self._path, self._label = path, label
        self._progress: Progress | None = None
        self._began = 0.0
        self._seconds_before = 0.0
        self._last = (0.0, 0)  # seconds and tokens of the last step

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Take back the lines of steps that came after the checkpoint from which training goes on."""
        if not state.is_world_process_zero:
            return
        kept = [line for line in read_log(self._path) if line["step"] <= state.global_step]
        self._path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._seconds_before = kept[-1]["seconds"] if kept else 0.0
        self._began = time.monotonic()
        self._last = (self._seconds_before, state.num_input_tokens_seen)
        self._progress = Progress(self._label, state.max_steps, done=state.global_step, unit="steps")

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """One step's numbers; Trainer's summary at the end has no loss of its own and is left out."""
        if self._progress is None or logs is None or "loss" not in logs:
            return
        seconds = self._seconds_before + time.monotonic() - self._began
        rate = (state.num_input_tokens_seen - self._last[1]) / (seconds - self._last[0])
        self._last = (seconds, state.num_input_tokens_seen)
        speed = {"num_input_tokens_seen": state.num_input_tokens_seen, "tokens_per_second": round(rate, 1)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": state.global_step, **logs, **speed, "seconds": round(seconds, 3)}) + "\n")
        margin = f", margin {logs['rewards/margins']:.4f}" if "rewards/margins" in logs else ""
        self._progress.advance(1, f"loss {logs['loss']:.4f}{margin}")

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The last line of progress."""
        if self._progress is not None:
            self._progress.__exit__(None, None, None)


@final
class WholeCheckpoints(TrainerCallback):
    """Marks a checkpoint once every process has written its part, so that a torn one is never gone on from."""

    def __init__(self, checkpoints: Path) -> None:
        self._checkpoints = checkpoints

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Runs in every process after its part is written."""
        processes = PartialState()
        processes.wait_for_everyone()
        if processes.is_main_process:
            (self._checkpoints / f"checkpoint-{state.global_step}" / COMPLETE).touch()


def read_log(path: Path) -> list[dict[str, float]]:
    """The whole lines of a log; a line that a kill tore is none. Raises RunError for a damaged one."""
    if not path.exists():
        return []
    try:
        steps = [read_json(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}): give --restart to train from the beginning.") from error
    if not all(isinstance(step, dict) and {"step", "seconds"} <= step.keys() for step in steps):
        raise RunError(f"{path} is not a log of `burnish train`: give --restart to train from the beginning.")
    return steps
