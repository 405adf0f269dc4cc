"""One epoch of DPO by Burnish and by TRL, each to be run in a process of its own, and how far their numbers differ."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import torch
from datasets import Dataset, Features, Image, List, Value
from peft import LoraConfig
from PIL import Image as Pictures
from torch import nn
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback
from trl.trainer.dpo_config import DPOConfig as TRLConfig
from trl.trainer.dpo_trainer import DPOTrainer as TRLTrainer

from burnish.check.check import to_device
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.records import PreferencePair
from burnish.store import Run
from burnish.train.checkpointing import CheckpointingMode, checkpoint_activations
from burnish.train.config import DPOConfig
from burnish.train.data import Answers
from burnish.train.dpo import DPOTrainer
from burnish.train.examples import preferences
from burnish.train.feature_cache import FeatureCache
from burnish.train.logps import answer_logps
from burnish.train.lora import add_adapter
from burnish.train.lora_targets import targets
from burnish.train.pictures import with_features
from burnish.train.prepare import open_table
from burnish.train.references import stored_references
from burnish.train.shared_prefix import use_flex
from burnish.train.trainer import training_arguments
from dpo_pairs import model_folder, run_folder

COMPARED = 4
"""Pairs whose log-probabilities are compared."""
RATE, BETA = 1e-5, 0.1
SPOKEN = {
    name: List({"role": Value("string"), "content": Value("string")}) for name in ("prompt", "chosen", "rejected")
}


@dataclass(frozen=True)
class Setup:
    """What both do."""

    home: str
    negatives: int
    rank: int
    batch: int
    dtype: Literal["float32", "bfloat16"]
    device: Literal["auto", "cpu"]
    attention: Literal["sdpa", "flex"] = "sdpa"
    """Burnish's."""
    steps: int | None = None
    """Where training stops, if before the epoch's end."""

    @property
    def run(self) -> Path:
        """The pairs."""
        return run_folder(Path(self.home), self.negatives)

    def model(self) -> LocalModel:
        """The model, on the CPU: Trainer moves it."""
        return LocalModel.open(ModelOptions(model=str(model_folder(Path(self.home))), device="cpu", dtype=self.dtype))

    def config(self, out: str, references: Literal["stored", "computed"]) -> DPOConfig:
        """Burnish's flags."""
        return DPOConfig(
            run=str(self.run),
            model=str(model_folder(Path(self.home))),
            out=out,
            lora_rank=self.rank,
            lr=RATE,
            beta=BETA,
            epochs=1,
            max_steps=self.steps,
            batch_size=self.batch,
            per_device=self.batch,
            references=references,
            dtype=self.dtype,
            device=self.device,
        )


class Moment(NamedTuple):
    """The end of a step."""

    clock: float
    cpu: float
    """Seconds that the process has computed, which others on the machine do not change."""


class Epoch(NamedTuple):
    """What an epoch took."""

    ends: list[Moment]
    """Of its steps."""
    pairs_a_step: float
    """Pairs with all their negatives."""
    peak_mib: float
    """Above what the process held before it trained, weights included."""


class Clock(TrainerCallback):
    """Tells the time at the end of each step."""

    def __init__(self) -> None:
        self.ends: list[Moment] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Waits for what is under way on a GPU."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(Moment(time.perf_counter(), time.process_time()))


def burnish(
    setup: Setup,
    *,
    references: Literal["stored", "computed"],
    kept: CheckpointingMode | None = None,
    encoded: bool = False,
) -> Epoch:
    """An epoch of Burnish; `encoded`: its pictures are there already, as `--vision-cache` has them."""
    with tempfile.TemporaryDirectory() as out:
        config = setup.config(out, references)
        model = setup.model()
        if setup.attention == "flex":
            use_flex(cast(PreTrainedModel, model.model))
        material = _material(model, config, Path(out))
        table = open_table(Path(out) / "table.arrow")
        features = _encoded(setup, model, material, table) if encoded else None
        clock = Clock()
        adapted = add_adapter(cast(PreTrainedModel, model.model), config, base_name="base")
        if kept:
            checkpoint_activations(cast(PreTrainedModel, adapted.get_base_model()), kept)
        trainer = DPOTrainer(
            objective=config.objective,
            stored=stored_references(config, table),
            model=adapted,
            features=features,
            args=training_arguments(config, Path(out) / "checkpoints"),
            train_dataset=table,
            data_collator=material.collate,
            callbacks=[clock],
        )
        peak = train(trainer)
    return Epoch(clock.ends, setup.batch, peak)


def _encoded(setup: Setup, model: LocalModel, material: Answers, table: Dataset) -> FeatureCache:
    """The pictures of all pairs, as `--vision-cache` has them from the second epoch on."""
    cache = FeatureCache(Path(setup.home) / "features", setup.dtype)
    network = cast(PreTrainedModel, model.model)
    if setup.device == "auto":
        cast(nn.Module, network).to("cuda")  # where Trainer will have it
    for row in table:
        with_features(network, to_device(material.collate([row]), network), cache)
    return cache


def trl_epoch(setup: Setup, *, checkpointing: bool) -> Epoch:
    """The same by TRL, every negative as a pair of its own."""
    with tempfile.TemporaryDirectory() as out:
        clock = Clock()
        trainer = _trl_trainer(setup, out, checkpointing=checkpointing, callbacks=[clock])
        peak = train(trainer)
    return Epoch(clock.ends, setup.batch / setup.negatives, peak)


PEERS: dict[str, Callable[..., Epoch]] = {"burnish": burnish, "trl": trl_epoch}


def differences(home: Path, negatives: int, rank: int, device: Literal["auto", "cpu"]) -> float:
    """The largest difference (nats) between the two in the log-probability of an answer, by an adapter that speaks."""
    setup = Setup(home=str(home), negatives=negatives, rank=rank, batch=COMPARED, dtype="float32", device=device)
    with tempfile.TemporaryDirectory() as out:
        peer = _trl_trainer(setup, out, checkpointing=False)
        torch.manual_seed(0)
        for name, parameter in peer.model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.02)
        theirs = []
        for row in (peer.train_dataset[i] for i in range(COMPARED)):
            peer.compute_loss(peer.model, peer._prepare_inputs(peer.data_collator([row])))
            theirs.append([peer._metrics["train"][f"logps/{which}"][-1] for which in ("chosen", "rejected")])
        material = _material(setup.model(), setup.config(out, "computed"), Path(out))
        table = open_table(Path(out) / "table.arrow")
        with torch.no_grad():
            batch = peer._prepare_inputs(material.collate([table[i] for i in range(COMPARED)]))
            ours_EA = answer_logps(peer.model, batch)
    return (ours_EA.cpu() - torch.tensor(theirs)).abs().max().item()


def _material(model: LocalModel, config: DPOConfig, out: Path) -> Answers:
    pairs = preferences(config, model_fingerprint=model.fingerprint)
    material = Answers(model, pairs, max_length=config.max_length)
    material.prepare(out / "table.arrow")
    return material


def _trl_trainer(setup: Setup, out: str, *, checkpointing: bool, callbacks: Any = None) -> Any:
    model = setup.model()
    modules = [*targets(cast(PreTrainedModel, model.model)).modules]
    lora = LoraConfig(r=setup.rank, lora_alpha=2 * setup.rank, target_modules=modules, task_type="CAUSAL_LM")
    rows = Dataset.from_list(list(_rows(setup.run)), features=Features({"images": List(Image()), **SPOKEN}))
    return TRLTrainer(
        model=model.model,
        args=TRLConfig(
            output_dir=out,
            beta=BETA,
            learning_rate=RATE,
            num_train_epochs=1,
            max_steps=-1 if setup.steps is None else setup.steps,
            per_device_train_batch_size=setup.batch,
            gradient_checkpointing=checkpointing,
            bf16=setup.dtype == "bfloat16",
            use_cpu=setup.device == "cpu",
            max_length=None,
            report_to="none",
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
        ),
        train_dataset=rows,
        processing_class=model.processor,
        peft_config=lora,
        callbacks=callbacks,
    )


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    run = Run.open(folder)
    for pair in run.records(PreferencePair):
        for rejected in pair.rejected:
            yield {
                "images": [Pictures.open(io.BytesIO(run.image(pair.image)))],
                "prompt": [{"role": "user", "content": pair.question}],
                "chosen": [{"role": "assistant", "content": pair.chosen.text}],
                "rejected": [{"role": "assistant", "content": rejected.answer.text}],
            }


def train(trainer: Trainer) -> float:
    """Train; the peak (MiB)."""
    trainer.remove_callback(PrinterCallback)
    for parameter in cast(nn.Module, trainer.model).parameters():
        parameter.abs().max()  # a file's weights that nobody has read yet are not in memory
    return peak_of(trainer.train)


def peak_of(work: Callable[[], object]) -> float:
    """MiB: of the GPU's memory where there is one, else of the process as the kernel counts it."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = _status("VmRSS")
    work()
    return (_status("VmHWM") - before) / 2**10


def _status(name: str) -> int:
    """KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
