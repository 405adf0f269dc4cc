"""A training's model shared out by DeepSpeed's ZeRO-3 between the processes, over gloo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import deepspeed
import torch
from transformers.integrations import HfDeepSpeedConfig

from burnish.train.config import TrainConfig
from burnish.train.trainer import AnswerTrainer


class Zero3:
    """Shares out every weight, however small, from the moment that it is read."""

    def __init__(self, config: TrainConfig) -> None:
        """Called before the model is opened: transformers and Burnish know from here on that weights are shared out,
        as Trainer tells them."""
        deepspeed.init_distributed("gloo")
        self._steps = config.max_steps
        self._told = HfDeepSpeedConfig(
            {
                "train_micro_batch_size_per_gpu": config.micro_batch,
                "gradient_clipping": config.max_grad_norm,
                "zero_optimization": {"stage": 3, "stage3_param_persistence_threshold": 0},
                "zero_allow_untested_optimizer": True,
            }
        )

    def share_out(self, trainer: AnswerTrainer) -> Any:
        """The engine to compute with; the trainer's optimiser is made before it and the schedule after, as Trainer
        does: DeepSpeed takes away groups of parameters that are empty."""
        trainer.create_optimizer()
        self._engine, *_ = deepspeed.initialize(
            model=trainer.model, optimizer=trainer.optimizer, config=self._told.config
        )
        self._schedule = trainer.create_scheduler(self._steps)
        return self._engine

    def engine(self) -> str:
        """What computes."""
        return f"{type(self._engine).__name__}, stage {self._engine.zero_optimization_stage()}"

    def whole(self) -> int:
        """How many parameters have weights in this process outside a step."""
        return sum(parameter.numel() > 0 for parameter in self._engine.module.parameters())

    def step(self, loss: torch.Tensor) -> None:
        """Backward pass and optimiser step."""
        self._engine.backward(loss)
        self._engine.step()
        self._schedule.step()

    def save(self, folder: Path) -> None:
        """Keep the adapter, the optimiser and the schedule."""
        kept = {"schedule": self._schedule.state_dict()}
        self._engine.save_checkpoint(str(folder), tag="state", client_state=kept, exclude_frozen_parameters=True)

    def load(self, folder: Path) -> None:
        """Go on from what was kept."""
        found, kept = self._engine.load_checkpoint(str(folder), tag="state", load_module_strict=False)
        assert found
        self._schedule.load_state_dict(kept["schedule"])

    def adapter(self) -> dict[str, Any] | None:
        """The whole adapter, in the first process; as Trainer asks for it."""
        whole: dict[str, Any] | None = self._engine._zero3_consolidated_16bit_state_dict(exclude_frozen_parameters=True)
        return whole
