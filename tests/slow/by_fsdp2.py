"""A training's model shared out by FSDP2 between the processes, over gloo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from burnish.train.config import TrainConfig
from burnish.train.trainer import AnswerTrainer

ADAPTER_ONLY = StateDictOptions(ignore_frozen_params=True)
WHOLE_ADAPTER = StateDictOptions(ignore_frozen_params=True, full_state_dict=True)


class FSDP2:
    """Shares out layer by layer."""

    def __init__(self, config: TrainConfig) -> None:
        """Called before the model is opened."""
        self._max_norm = config.max_grad_norm
        self._steps = config.max_steps

    def share_out(self, trainer: AnswerTrainer) -> Any:
        """The model to compute with; the trainer's optimiser is made on the way."""
        self._trainer, self._model = trainer, trainer.model
        mesh = init_device_mesh("cpu", (dist.get_world_size(),))
        for layer in self._model.get_base_model().model.language_model.layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(self._model, mesh=mesh)
        trainer.create_optimizer_and_scheduler(num_training_steps=self._steps)
        return self._model

    def engine(self) -> str:
        """What computes."""
        return type(self._model).__name__

    def whole(self) -> int:
        """How many parameters lie whole in this process."""
        return sum(not isinstance(parameter, DTensor) for parameter in self._model.parameters())

    def step(self, loss: torch.Tensor) -> None:
        """Backward pass and optimiser step."""
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._max_norm)
        self._trainer.optimizer.step()
        self._trainer.lr_scheduler.step()
        self._trainer.optimizer.zero_grad()

    def save(self, folder: Path) -> None:
        """Keep the adapter, the optimiser and the schedule."""
        dcp.save(self._state(), checkpoint_id=folder)

    def load(self, folder: Path) -> None:
        """Go on from what was kept."""
        state = self._state()
        dcp.load(state, checkpoint_id=folder)
        set_model_state_dict(self._model, state["model"], options=StateDictOptions(strict=False))
        set_optimizer_state_dict(self._model, self._trainer.optimizer, state["optimizer"], options=ADAPTER_ONLY)
        self._trainer.lr_scheduler.load_state_dict(state["schedule"])

    def adapter(self) -> dict[str, Any]:
        """The whole adapter, in the first process."""
        return get_model_state_dict(self._model, options=WHOLE_ADAPTER)

    def _state(self) -> dict[str, Any]:
        return {
            "model": get_model_state_dict(self._model, options=ADAPTER_ONLY),
            "optimizer": get_optimizer_state_dict(self._model, self._trainer.optimizer, options=ADAPTER_ONLY),
            "schedule": self._trainer.lr_scheduler.state_dict(),
        }
