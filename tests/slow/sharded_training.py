"""A training of any verb on a model that FSDP2 or ZeRO-3 shares out between CPU processes, in as many as it is started
in.

accelerate shards on accelerators only, so the model is shared out here, and the steps are taken here: the examples,
their order, the loss and its means are the trainer's own. Every step ends with a checkpoint, from which a second start
goes on; `--kill STEP` kills one process once that step's is there. Says, in JSON: the loss of each step, which of them
an earlier start took, what computes, how many parameters there are, and how many of them lie whole in some process.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import torch
import torch.distributed as dist

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
By: TypeAlias = Literal["fsdp2", "zero3"]


class Sharing(Protocol):
    """A way to share a model out."""

    def share_out(self, trainer: AnswerTrainer) -> Any:
        """What to compute with."""

    def engine(self) -> str:
        """What computes."""

    def whole(self) -> int:
        """How many parameters lie whole in this process."""

    def step(self, loss: torch.Tensor) -> None:
        """Backward pass and optimiser step."""

    def save(self, folder: Path) -> None:
        """Keep the adapter, the optimiser and the schedule."""

    def load(self, folder: Path) -> None:
        """Go on from what was kept."""

    def adapter(self) -> dict[str, Any] | None:
        """The whole adapter, in the first process."""


class Steps(NamedTuple):
    """The loss of each step, and how many of these an earlier start took."""

    losses: list[float]
    earlier: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=CONFIGS)
    parser.add_argument("flags", help="the verb's configuration, as JSON")
    parser.add_argument("--by", choices=("fsdp2", "zero3"), required=True)
    parser.add_argument("--kill", type=int, default=0)
    given = parser.parse_args()
    flags = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(given.flags).items()
    }
    config = CONFIGS[given.verb](**flags)
    sharing = _sharing(given.by, config)
    with Output(Path(config.out)) as output:
        trainer = _trainer(config, output)
        model = sharing.share_out(trainer)
        whole = torch.tensor(sharing.whole())
        dist.all_reduce(whole)
        steps = _steps(trainer, model, sharing, config, output.path / "states", given.kill)
        _write_adapter(trainer.model, sharing, output.path)
    if dist.get_rank() == 0:
        parameters = len(list(trainer.model.parameters()))
        said = {**steps._asdict(), "engine": sharing.engine(), "parameters": parameters, "whole": int(whole)}
        (output.path / "said.json").write_text(json.dumps(said))


def _sharing(by: By, config: TrainConfig) -> Sharing:
    if by == "zero3":
        from by_zero3 import Zero3  # DeepSpeed is not always there

        return Zero3(config)
    from by_fsdp2 import FSDP2

    return FSDP2(config)


def _trainer(config: TrainConfig, output: Output) -> AnswerTrainer:
    parts = session._PARTS[type(config)](config)
    arguments = training_arguments(config, output.checkpoints)
    opened = session._open(config, output, parts)
    with session.PartialState().main_process_first():
        if dist.get_rank() == 0:
            opened.begin()
    return opened.trainer(arguments, parts.make_trainer)


def _steps(trainer: AnswerTrainer, model: Any, sharing: Sharing, config: TrainConfig, states: Path, kill: int) -> Steps:
    """The steps to the last, those before a kill included."""
    model.train()
    losses = _go_on(sharing, states)
    earlier = len(losses)
    batches = iter(trainer.get_train_dataloader())
    for step in range(config.max_steps):
        found, items = trainer.get_batch_samples(batches, config.accumulation, trainer.args.device)
        if step < earlier:
            continue
        [inputs] = found  # one pass a step: what is shared out may not be accumulated
        loss = trainer.compute_loss(model, inputs, num_items_in_batch=items)
        sharing.step(loss)
        total = loss.detach().clone()
        dist.all_reduce(total)
        losses.append(total.item() / dist.get_world_size())
        _save(sharing, states / str(step), losses)
        if step + 1 == kill and dist.get_rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return Steps(losses, earlier)


def _save(sharing: Sharing, folder: Path, losses: list[float]) -> None:
    sharing.save(folder)
    if dist.get_rank() == 0:
        (folder / "losses.json").write_text(json.dumps(losses))
    dist.barrier()


def _go_on(sharing: Sharing, states: Path) -> list[float]:
    whole = sorted(states.glob("*/losses.json"), key=lambda path: int(path.parent.name))
    if not whole:
        return []
    sharing.load(whole[-1].parent)
    losses: list[float] = json.loads(whole[-1].read_text())
    return losses


def _write_adapter(model: Any, sharing: Sharing, folder: Path) -> None:
    whole = sharing.adapter()
    if dist.get_rank() == 0:
        model.save_pretrained(folder, state_dict=whole)
    dist.barrier()


if __name__ == "__main__":
    main()
