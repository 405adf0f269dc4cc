"""A training of any verb on a model that FSDP2 shares out between CPU processes, in as many as it is started in.

accelerate shards on accelerators only, so the model is shared out here, and the steps are taken here: the examples,
their order, the loss and its means are the trainer's own. Every step ends with a checkpoint, from which a second start
goes on; `--kill STEP` kills one process once that step's is there. Says, in JSON: the loss of each step, and how many
parameters there are and how many of them are shared out.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
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

import burnish  # noqa: F401 - before any library imports torchvision
from burnish.train import session
from burnish.train.config import DPOConfig, SFTConfig, TrainConfig
from burnish.train.dialogue_config import StudentConfig, TeacherConfig
from burnish.train.output import Output
from burnish.train.trainer import AnswerTrainer, training_arguments

CONFIGS: dict[str, type[TrainConfig]] = {
    "dpo": DPOConfig,
    "sft": SFTConfig,
    "student": StudentConfig,
    "teacher": TeacherConfig,
}
ADAPTER_ONLY = StateDictOptions(ignore_frozen_params=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=CONFIGS)
    parser.add_argument("flags", help="the verb's configuration, as JSON")
    parser.add_argument("--kill", type=int, default=0)
    given = parser.parse_args()
    flags = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(given.flags).items()
    }
    config = CONFIGS[given.verb](**flags)
    with Output(Path(config.out)) as output:
        trainer = _trainer(config, output)
        parameters = _share_out(trainer.model)
        losses = _steps(trainer, config, output.path / "states", given.kill)
        _write_adapter(trainer.model, output.path)
    if dist.get_rank() == 0:
        shared = sum(isinstance(parameter, DTensor) for parameter in parameters)
        (output.path / "said.json").write_text(
            json.dumps({"losses": losses, "parameters": len(parameters), "shared": shared})
        )


def _trainer(config: TrainConfig, output: Output) -> AnswerTrainer:
    parts = session._PARTS[type(config)](config)
    arguments = training_arguments(config, output.checkpoints)
    opened = session._open(config, output, parts)
    with session.PartialState().main_process_first():
        if dist.get_rank() == 0:
            opened.begin()
    return opened.trainer(arguments, parts.make_trainer)


def _share_out(model: Any) -> list[torch.nn.Parameter]:
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for layer in model.get_base_model().model.language_model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return list(model.parameters())


def _steps(trainer: AnswerTrainer, config: TrainConfig, states: Path, kill: int) -> list[float]:
    """The loss of each step, those before a kill included."""
    model: Any = trainer.model
    model.train()
    trainer.create_optimizer_and_scheduler(num_training_steps=config.max_steps)
    losses = _go_on(trainer, states)
    batches = iter(trainer.get_train_dataloader())
    for step in range(config.max_steps):
        found, items = trainer.get_batch_samples(batches, config.accumulation, trainer.args.device)
        if step < len(losses):
            continue
        sums = [trainer.compute_loss(model, inputs, num_items_in_batch=items) for inputs in found]
        mean = torch.stack(sums).sum()
        mean.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        trainer.optimizer.step()
        trainer.lr_scheduler.step()
        trainer.optimizer.zero_grad()
        total = mean.detach().clone()
        dist.all_reduce(total)
        losses.append(total.item() / dist.get_world_size())
        _save(trainer, states / str(step), losses)
        if step + 1 == kill and dist.get_rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return losses


def _save(trainer: AnswerTrainer, folder: Path, losses: list[float]) -> None:
    dcp.save(_state(trainer), checkpoint_id=folder)
    if dist.get_rank() == 0:
        (folder / "losses.json").write_text(json.dumps(losses))
    dist.barrier()


def _go_on(trainer: AnswerTrainer, states: Path) -> list[float]:
    whole = sorted(states.glob("*/losses.json"), key=lambda path: int(path.parent.name))
    if not whole:
        return []
    losses: list[float] = json.loads(whole[-1].read_text())
    state = _state(trainer)
    dcp.load(state, checkpoint_id=whole[-1].parent)
    set_model_state_dict(trainer.model, state["model"], options=StateDictOptions(strict=False))
    set_optimizer_state_dict(trainer.model, trainer.optimizer, state["optimizer"], options=ADAPTER_ONLY)
    for _ in losses:
        trainer.lr_scheduler.step()
    return losses


def _state(trainer: AnswerTrainer) -> dict[str, Any]:
    return {
        "model": get_model_state_dict(trainer.model, options=ADAPTER_ONLY),
        "optimizer": get_optimizer_state_dict(trainer.model, trainer.optimizer, options=ADAPTER_ONLY),
    }


def _write_adapter(model: Any, folder: Path) -> None:
    whole = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, ignore_frozen_params=True))
    if dist.get_rank() == 0:
        model.save_pretrained(folder, state_dict=whole)
    dist.barrier()


if __name__ == "__main__":
    main()
