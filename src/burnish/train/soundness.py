"""Stops a training at the first step that is not a number, before its update reaches the weights.

A loss that is infinite or no number leaves weights that are none, and a model that still answers something.
"""

# ruff: noqa: ARG002 - Trainer hands all of this to every callback

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, final

import torch
from accelerate import PartialState
from accelerate.utils import gather, gather_object
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.nn.utils import get_total_norm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from burnish.errors import TrainingError

_NAMED = 5
"""Examples that a message names at most."""
Log = Callable[[dict[str, float]], None]


@final
class Soundness(TrainerCallback):
    """Looks at every step's losses and gradients before the optimiser does, and at the weights before they are saved.

    Raises TrainingError, in every process at once.
    """

    def __init__(self, log: Log) -> None:
        """`log` writes the numbers of the step that is none, so that curves and tables show it."""
        self._log = log
        self._losses: list[Tensor] = []
        self._examples: list[Sequence[str]] = []

    def saw(self, loss: Tensor, examples: Sequence[str]) -> None:
        """One forward pass of the step: its loss is looked at later, so that nothing waits for the GPU here."""
        self._losses.append(loss.detach())
        self._examples.append(examples)

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """After the backward passes of a step and before its update."""
        losses, examples = torch.stack(self._losses), self._examples
        self._losses, self._examples = [], []
        norm = _norm_of_gradients(kwargs["model"].parameters()).to(losses)
        if _in_all_processes(losses.isfinite().all() & norm.isfinite()):
            return
        state.global_step += 1  # the step that is tried, and that the log names
        self._log({"loss": _mean_over_processes(losses.sum()), **({} if norm.isfinite() else {"grad_norm": math.nan})})
        passes = zip(losses.tolist(), examples, strict=True)
        suspects = gather_object([name for loss, names in passes if not math.isfinite(loss) for name in names])
        what = "loss" if suspects else "gradient"
        named = suspects or gather_object([name for names in examples for name in names])
        raise TrainingError(
            f"The {what} of step {state.global_step:,} is not a finite number, with the examples {_some(named)}: give "
            f"a lower --lr than {args.learning_rate:g}, and --restart. The weights were left as they were before it; "
            f"checkpoints of earlier steps, if there are any, are kept in {args.output_dir}."
        )

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Before a checkpoint is written."""
        trained: nn.Module = kwargs["model"]
        if control.should_save and not sound_weights(trained):
            raise TrainingError(
                f"Step {state.global_step:,} left weights that are not finite numbers, so no checkpoint of it is "
                f"written: give a lower --lr than {args.learning_rate:g}, and --restart."
            )


def sound_weights(model: nn.Module) -> bool:
    """Whether all trained weights are finite numbers, in all processes."""
    found = [_local(weight).isfinite().all() for weight in model.parameters() if weight.requires_grad]
    return _in_all_processes(torch.stack(found).all())


def _norm_of_gradients(weights: Iterable[nn.Parameter]) -> Tensor:
    """Over all of them; 0 where the launcher's engine has taken them already (DeepSpeed)."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norm = get_total_norm(gradients) if gradients else torch.zeros(())
    return norm.full_tensor() if isinstance(norm, DTensor) else norm


def _in_all_processes(sound: Tensor) -> bool:
    return bool((gather(sound[None]) if PartialState().num_processes > 1 else sound).all())


def _mean_over_processes(value: Tensor) -> float:
    return float((gather(value[None]) if PartialState().num_processes > 1 else value).mean())


def _local(weight: Tensor) -> Tensor:
    return weight.to_local() if isinstance(weight, DTensor) else weight


def _some(names: Collection[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(list(names)[:_NAMED])
    return f"{shown} and {len(names) - _NAMED:,} more" if len(names) > _NAMED else shown
