"""What a training would take, from a few of its own steps: parameters, memory, sizes on disk, steps and hours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, cast, final

import torch
from torch import Tensor, nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from burnish.records import Json
from burnish.scores.plan import Memory, TrainingPlan
from burnish.train.config import TrainConfig
from burnish.train.trainer import KEPT_CHECKPOINTS, AnswerTrainer

WARM_UP, TIMED = 1, 3
"""Steps before the clock runs (the first one allocates and compiles), and steps under it."""
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def rehearse(
    trainer: AnswerTrainer, config: TrainConfig, data: Mapping[str, Json], *, own_dtype: torch.dtype
) -> TrainingPlan:
    """Train for a few steps, and measure them. Nothing is written but what Trainer logs beside its checkpoints.

    `own_dtype` is that of the model's checkpoint, in which `--full` writes the model.
    """
    model = cast(nn.Module, trainer.model)
    trained = [p for p in model.parameters() if p.requires_grad]
    clock = _Clock()
    trainer.add_callback(clock)
    trainer.train()
    state = trainer.optimizer.state.values() if trainer.optimizer else ()
    optimizer = sum(_bytes(value) for one in state for value in one.values() if isinstance(value, Tensor))
    weights, gradients = sum(map(_bytes, [*model.parameters(), *model.buffers()])), sum(map(_bytes, trained))
    held = weights + gradients + optimizer
    total = sum(p.numel() for p in model.parameters())
    return TrainingPlan(
        device=_name(trainer.args.device),
        data=data,
        trainable=sum(p.numel() for p in trained),
        total=total,
        memory=Memory(
            weights=weights,
            gradients=gradients,
            optimizer=optimizer,
            activations=None if clock.peak is None else max(0, clock.peak - held),
        ),
        adapter=own_dtype.itemsize * total if config.full else gradients,
        checkpoint=optimizer + (weights if config.full else gradients),
        checkpoints=min(KEPT_CHECKPOINTS, max(1, trainer.state.max_steps // config.save_steps)),
        steps=trainer.state.max_steps,
        seconds_per_step=median(clock.seconds),
        timed=len(clock.seconds),
    )


@final
class _Clock(TrainerCallback):
    """Times the steps behind the first, reads the peak of memory, and stops."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.peak: int | None = None
        self._began = 0.0

    def on_train_begin(self, args: TrainingArguments, *_: object, **__: Any) -> None:
        """Forget earlier peaks, such as loading's."""
        _forget_peak(args.device)

    def on_step_begin(self, args: TrainingArguments, *_: object, **__: Any) -> None:
        """Start the clock, once the device has done what came before."""
        _wait(args.device)
        self._began = time.perf_counter()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **__: Any) -> None:
        """Stop it."""
        _wait(args.device)
        last = state.global_step >= min(WARM_UP + TIMED, state.max_steps)
        if state.global_step > WARM_UP or last:  # a training of one step has no other
            self.seconds.append(time.perf_counter() - self._began)
        if last:
            self.peak = _peak(args.device)
            control.should_training_stop = True


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _forget_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with suppress(OSError):  # only Linux has it, and not every container lets it be written
        _RESET.write_text("5")


def _peak(device: torch.device) -> int | None:
    """Bytes at the highest; on a CPU of the whole process, which only Linux says."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
    return None if kilobytes is None else kilobytes * 1024


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
