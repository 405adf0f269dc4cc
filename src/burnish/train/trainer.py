"""What DPO and SFT share of transformers' Trainer: exact averages over uneven batches, and the arguments it takes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedModel, SchedulerType, Trainer, TrainingArguments
from transformers.training_args import OptimizerNames

from burnish.errors import ConfigError
from burnish.train.config import TrainConfig
from burnish.train.feature_cache import FeatureCache
from burnish.train.full import load_weights, network_of
from burnish.train.heap import freed_memory_kept
from burnish.train.pictures import hold_still, with_features
from burnish.train.sampling import StepSampler, token_counts
from burnish.train.sequences import Batch
from burnish.train.soundness import Soundness

KEPT_CHECKPOINTS = 2
"""The newest may have been torn by a kill; the one before it is whole."""
_TENSORBOARD = "TENSORBOARD_LOGGING_DIR"


class AnswerTrainer(Trainer, ABC):
    """A Trainer whose loss is the mean over all items of an optimiser step: pairs for DPO, tokens for SFT.

    A loss may have parts that are means over items of several kinds.

    Averaging within each forward pass first, as Trainer does by default, would give the items of a smaller last pass,
    or of the process that has it, a larger weight.
    """

    def __init__(self, *, features: FeatureCache | None = None, **parts: Any) -> None:
        """`features` keeps encoded pictures; without it they are encoded once per step."""
        super().__init__(**parts)
        self.model_accepts_loss_kwargs = True  # else the mean over the step is divided by its passes again
        self._features = features
        self._soundness = Soundness(self.log)
        self.add_callback(self._soundness)

    def train(self, *given: Any, **named: Any) -> Any:
        """As Trainer does; on a CPU the process keeps its memory meanwhile."""
        with freed_memory_kept() if self.args.device.type == "cpu" else nullcontext():
            return super().train(*given, **named)

    @abstractmethod
    def items(self, batch: Batch) -> Sequence[int]:
        """How many items of each kind the loss of this batch is summed over."""

    @abstractmethod
    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The summed loss of this batch, as `mean_over_step` scales it; the training step is visible here."""

    def training_step(self, model: nn.Module, inputs: Batch, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        """Forward and backward over one batch; the step that it belongs to stops the training if it is not a number."""
        loss: Tensor = super().training_step(model, inputs, num_items_in_batch)
        self._soundness.saw(loss, inputs["id_E"])
        return loss

    def get_batch_samples(
        self, epoch_iterator: Iterator[Batch], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], Tensor]:
        """The batches of one optimiser step, and the items of each kind in it over all processes; counts tokens."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        counts = [[_tokens(batch), *self.items(batch)] for batch in batches]
        here = torch.tensor([[sum(column) for column in zip(*counts, strict=True)]], device=device)
        tokens, *items = self.accelerator.gather(here).sum(dim=0)
        self.state.num_input_tokens_seen += int(tokens)
        return batches, torch.stack(items)

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> StepSampler:
        """Trainer asks for the order of examples by this name."""
        examples = self.train_dataset if train_dataset is None else train_dataset
        step_size = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        return StepSampler(token_counts(examples), step_size=step_size, seed=self.args.seed)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        """Trainer goes on by this name, and would take the files' names of weights for those in memory."""
        whole = self.model if model is None else model
        if isinstance(whole, PreTrainedModel):
            load_weights(whole, Path(resume_from_checkpoint))
        else:
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def look(self, model: nn.Module, batch: Batch) -> Batch:
        """The batch with its pictures encoded, where the model can be given them so, for all that reads it."""
        network = network_of(self.accelerator.unwrap_model(model))
        hold_still(network)
        with self.accelerator.autocast():
            return with_features(network, batch, self._features)

    def mean_over_step(self, summed_loss: Tensor, items: Tensor | int | None, kind: int = 0) -> Tensor:
        """The batch's share in the step's mean over items of a kind, times the processes over which gradients are
        averaged later; 0 in a step that has none."""
        if not isinstance(items, Tensor):
            raise ValueError("The loss is a mean over an optimiser step: call it within `train`.")
        processes: int = self.accelerator.num_processes
        return summed_loss * processes / items[kind].clamp(min=1)


def _tokens(batch: Batch) -> int:
    return int(batch["tokens"])


def training_arguments(config: TrainConfig, checkpoints: Path) -> TrainingArguments:
    """Trainer's arguments for the configuration. Raises ConfigError for what this machine cannot do."""
    on_gpu = trains_on_gpu(config)
    _require_one_gpu_a_process(on_gpu)
    _require_packages(config)
    if config.attention == "flex" and not on_gpu:
        raise ConfigError("--attention flex needs a GPU, which is not there or not wanted: take --attention sdpa.")
    arguments: dict[str, Any] = {
        "output_dir": str(checkpoints),
        "per_device_train_batch_size": config.micro_batch,
        "gradient_accumulation_steps": config.accumulation,
        "num_train_epochs": config.epochs,
        "max_steps": -1 if config.max_steps is None else config.max_steps,
        "learning_rate": config.lr,
        "lr_scheduler_type": _known("scheduler", config.scheduler, SchedulerType),
        "warmup_steps": config.warmup,
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "seed": config.seed,
        "data_seed": config.seed,
        "bf16": computes_in_bfloat16(config),
        "use_cpu": config.device == "cpu",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a loss that is not a number must show
        "save_steps": config.save_steps,
        "save_total_limit": KEPT_CHECKPOINTS,
        "report_to": list(config.report_to) or "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_num_workers": (4 if on_gpu else 0) if config.workers is None else config.workers,
        "dataloader_pin_memory": on_gpu,
        # every step passes through every trained layer
        "ddp_find_unused_parameters": False,
    }
    if config.optimizer:
        arguments["optim"] = _known("optimizer", config.optimizer, OptimizerNames)
    if config.deepspeed:
        arguments["deepspeed"] = config.deepspeed
    if config.fsdp:
        arguments |= {"fsdp": True, "fsdp_config": config.fsdp}
    return TrainingArguments(**arguments)


@contextmanager
def tensorboard_files(folder: Path) -> Iterator[None]:
    """Within this, a Trainer that is made writes TensorBoard's files here, unless the environment says otherwise.

    Its own place for them would be among the checkpoints, which are deleted at the end.
    """
    if _TENSORBOARD in os.environ:
        yield
        return
    os.environ[_TENSORBOARD] = str(folder)
    try:
        yield
    finally:
        del os.environ[_TENSORBOARD]


def trains_on_gpu(config: TrainConfig) -> bool:
    """Whether it trains on a GPU."""
    return config.device == "auto" and torch.cuda.is_available()


def computes_in_bfloat16(config: TrainConfig) -> bool:
    """Whether the model computes in bfloat16 (else in float32)."""
    if config.dtype == "auto":
        return trains_on_gpu(config) and torch.cuda.is_bf16_supported()
    return config.dtype == "bfloat16"


def _known(flag: str, name: str, names: type[Enum]) -> str:
    """The name, if transformers knows it. Raises ConfigError."""
    known = [str(one.value) for one in names]
    if name not in known:
        raise ConfigError(f"--{flag} {name} is not one of transformers': choose from {', '.join(known)}.")
    return name


def _require_packages(config: TrainConfig) -> None:
    wanted: list[tuple[str, str, str]] = [
        (package, f"--report-to {package}", "tracking") for package in config.report_to
    ]
    if config.deepspeed:
        wanted.append(("deepspeed", "--deepspeed", "deepspeed"))
    for package, flag, extra in wanted:
        if find_spec(package) is None:
            raise ConfigError(f"{flag} needs the package {package}: install it with pip install 'burnish[{extra}]'.")


def refuse_sharding_in_vain(config: TrainConfig) -> None:
    """Raise ConfigError where accelerate would not shard: it leaves DeepSpeed and FSDP out on CPUs, and FSDP also in a
    process that no launcher started."""
    flag = "--fsdp" if config.fsdp else "--deepspeed"
    if (config.fsdp or config.deepspeed) and not trains_on_gpu(config):
        raise ConfigError(f"{flag} shards the model over GPUs, and this training runs on the CPU: leave it out.")
    if config.fsdp and "WORLD_SIZE" not in os.environ:
        raise ConfigError("--fsdp needs a launcher: start `torchrun --nproc-per-node N -m burnish train …` on N GPUs.")


def _require_one_gpu_a_process(on_gpu: bool) -> None:
    gpus = torch.cuda.device_count() if on_gpu else 0
    if gpus > 1 and "WORLD_SIZE" not in os.environ:
        raise ConfigError(
            f"{gpus} GPUs are visible to one process: start `torchrun --nproc-per-node {gpus} -m burnish train …` to "
            "use them all, or set CUDA_VISIBLE_DEVICES=0 to use one."
        )
