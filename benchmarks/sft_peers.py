"""One epoch of a role's fine-tuning, each to be run in a process of its own: whole dialogues, or a sample a turn.

A sample a turn is what trainers take today: every turn with all that its role sees of the dialogue before, and with
the picture again. `per_turn` gives such samples to Burnish's own trainer, so that nothing but the packing differs,
and `trl_epoch` to TRL's.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from datasets import Dataset, Features, Image, List, Value
from peft import LoraConfig
from PIL import Image as Pictures
from transformers import PreTrainedModel
from trl.trainer.sft_config import SFTConfig as TRLConfig
from trl.trainer.sft_trainer import SFTTrainer as TRLTrainer

from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.prompts import StudentPrompt, TeacherPrompt, load
from burnish.records import Dialogue
from burnish.store import Run
from burnish.train.chat_examples import TurnTarget, student_asks, teacher_asks
from burnish.train.dialogue_config import DialogueTrainConfig, StudentConfig, TeacherConfig
from burnish.train.dialogue_data import DialogueMaterial, student_material, teacher_material
from burnish.train.dialogue_rows import DialogueRow
from burnish.train.logps import token_logps
from burnish.train.lora import add_adapter
from burnish.train.lora_targets import targets
from burnish.train.prepare import open_table
from burnish.train.sft import SFTTrainer
from burnish.train.token_tree import Node, Tree
from burnish.train.trainer import training_arguments
from dpo_pairs import model_folder
from dpo_peers import Clock, train
from sft_dialogues import Role, prompt_file, run_folder
from sft_limit import work

COMPARED = 2
"""Dialogues whose losses are compared."""
SPOKEN = {name: List({"role": Value("string"), "content": Value("string")}) for name in ("prompt", "completion")}


class Cost(NamedTuple):
    """Of a dialogue, and of the epoch."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    """Above what the process held before it trained."""


@dataclass(frozen=True)
class Setup:
    """What all do."""

    home: str
    role: Role
    turns: int
    """Trained turns of a dialogue."""
    batch: int
    """Dialogues in an optimiser step."""
    per_device: int
    """Samples in one forward pass: dialogues or turns."""
    steps: int | None = None
    """Stop after so many; an epoch without it."""

    def model(self) -> LocalModel:
        """The model, on the CPU."""
        return LocalModel.open(ModelOptions(model=str(model_folder(Path(self.home))), device="cpu", dtype="float32"))

    def config(self, out: str, samples: int) -> StudentConfig | TeacherConfig:
        """Burnish's flags, the paper's adapter among them, for so many samples a step."""
        kind: Any = StudentConfig if self.role == "student" else TeacherConfig
        config: StudentConfig | TeacherConfig = kind(
            runs=(str(run_folder(Path(self.home))),),
            model=str(model_folder(Path(self.home))),
            prompt=str(prompt_file(Path(self.home), self.role)),
            out=out,
            batch_size=samples,
            per_device=self.per_device,
            max_steps=self.steps,
            dtype="float32",
            device="cpu",
        )
        return config


def packed(setup: Setup) -> Cost:
    """Burnish as it is: a dialogue a sample."""
    return _epoch(setup, setup.batch, lambda table: table)


def per_turn(setup: Setup) -> Cost:
    """Burnish's trainer with a turn a sample."""
    return _epoch(setup, setup.batch * setup.turns, one_by_one)


def trl_epoch(setup: Setup) -> Cost:
    """TRL's trainer with a turn a sample, without activation checkpointing."""
    with tempfile.TemporaryDirectory() as out:
        clock = Clock()
        trainer = _trl_trainer(setup, out, callbacks=[clock])
        peak = train(trainer)
    return _cost(clock, setup, peak)


PEERS: dict[str, Callable[[Setup], Cost]] = {"packed": packed, "per turn": per_turn, "trl": trl_epoch}


class Difference(NamedTuple):
    """Between a dialogue read once and its turns read one by one, with an adapter that speaks."""

    loss: float
    """The largest of a dialogue's mean loss (nats a token)."""
    logp: float
    """The largest of a dialogue's summed log-probability (nats)."""
    gradient: float
    """The largest of a parameter's gradient, as a share of its length."""


def differences(setup: Setup) -> Difference:
    """How far the numbers of the first dialogues differ."""
    with tempfile.TemporaryDirectory() as out:
        config, model = setup.config(out, setup.batch), setup.model()
        material = _material(model, config)
        material.prepare(Path(out) / "table.arrow")
        table = open_table(Path(out) / "table.arrow")
        adapted = add_adapter(cast(PreTrainedModel, model.model), config, base_name="base")
        draw = torch.Generator().manual_seed(0)
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.02, generator=draw)
        found = [Difference(0, 0, 0)]
        for number in range(COMPARED):
            dialogue = table.select([number])
            found.append(_difference(adapted, material, dialogue, one_by_one(dialogue)))
    return Difference(*(max(values) for values in zip(*found, strict=True)))


class Allowed(NamedTuple):
    """How many times fewer a sample a dialogue has than a sample a turn."""

    tokens: float
    operations: float


def allowed(setup: Setup) -> Allowed:
    """By the lengths of the dialogues."""
    with tempfile.TemporaryDirectory() as out:
        model = setup.model()
        material = _material(model, setup.config(out, setup.batch))
        material.prepare(Path(out) / "table.arrow")
        rows = (DialogueRow(**row) for row in open_table(Path(out) / "table.arrow"))
        trees = [material.collate.read(row)[1] for row in rows]
        config: Any = model.model.config.get_text_config()
        count = partial(work, config.hidden_size, config.num_hidden_layers)
        once, apart = count(trees), count(way for tree in trees for way in turns(tree))
    return Allowed(apart.tokens / once.tokens, apart.operations / once.operations)


def one_by_one(table: Dataset) -> Dataset:
    """A row a turn of each row: the way to its end, trained at this turn alone."""
    rows = (DialogueRow(**row) for row in table)
    apart = [row._replace(**_columns(way))._asdict() for row in rows for way in turns(row.tree)]
    return Dataset.from_list(apart, features=table.features)


def turns(tree: Tree) -> Iterator[Tree]:
    """The way to the end of each trained turn, as a chain."""
    for turn in sorted({node.turn for node in tree} - {0}):
        way = [max(number for number, node in enumerate(tree) if node.turn == turn)]
        while tree[way[-1]].parent >= 0:
            way.append(tree[way[-1]].parent)
        nodes = [tree[number] for number in reversed(way)]
        yield tuple(Node(i - 1, node.ids, turn if node.turn == turn else 0) for i, node in enumerate(nodes))


def _columns(tree: Tree) -> dict[str, Any]:
    parents, ids, turns_of = zip(*tree, strict=True)
    return {"parents": parents, "ids": ids, "turns": turns_of}


def _difference(adapted: Any, material: DialogueMaterial, whole: Dataset, apart: Dataset) -> Difference:
    sums, tokens, gradients = [], [], []
    for table in (whole, apart):
        batch = material.collate([table[i] for i in range(len(table))])
        adapted.zero_grad()
        logp = token_logps(adapted, batch).sum()
        torch.autograd.backward(logp)
        sums.append(logp.item())
        tokens.append(int(batch["answer_mask_ST"].sum()))
        gradients.append([parameter.grad.clone() for parameter in adapted.parameters() if parameter.requires_grad])
    if tokens[0] != tokens[1]:
        raise SystemExit(f"A dialogue has {tokens[0]:,} trained tokens, its turns have {tokens[1]:,}.")
    off = max(((one - other).norm() / other.norm()).item() for one, other in zip(*gradients, strict=True))
    return Difference(abs(sums[0] - sums[1]) / tokens[0], abs(sums[0] - sums[1]), off)


def _epoch(setup: Setup, samples: int, table_of: Callable[[Dataset], Dataset]) -> Cost:
    with tempfile.TemporaryDirectory() as out:
        config, model = setup.config(out, samples), setup.model()
        material = _material(model, config)
        material.prepare(Path(out) / "table.arrow")
        clock = Clock()
        trainer = SFTTrainer(
            model=add_adapter(cast(PreTrainedModel, model.model), config, base_name="base"),
            args=training_arguments(config, Path(out) / "checkpoints"),
            train_dataset=table_of(open_table(Path(out) / "table.arrow")),
            data_collator=material.collate,
            callbacks=[clock],
        )
        peak = train(trainer)
    return _cost(clock, setup, peak)


def _material(model: LocalModel, config: DialogueTrainConfig) -> DialogueMaterial:
    if isinstance(config, StudentConfig):
        return student_material(model, config)
    return teacher_material(model, cast(TeacherConfig, config))


def _trl_trainer(setup: Setup, out: str, *, callbacks: Any) -> Any:
    model, config = setup.model(), setup.config(out, setup.batch * setup.turns)
    layers = list(targets(cast(PreTrainedModel, model.model), config.lora_layers).modules)
    lora = LoraConfig(r=config.lora_rank, lora_alpha=config.alpha, target_modules=layers, task_type="CAUSAL_LM")
    rows = Dataset.from_list(list(_samples(setup)), features=Features({"images": List(Image()), **SPOKEN}))
    return TRLTrainer(
        model=model.model,
        args=TRLConfig(
            output_dir=out,
            learning_rate=config.lr,
            num_train_epochs=1,
            max_steps=-1 if setup.steps is None else setup.steps,
            per_device_train_batch_size=config.micro_batch,
            gradient_accumulation_steps=config.accumulation,
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
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


def _samples(setup: Setup) -> Iterator[dict[str, Any]]:
    run = Run.open(run_folder(Path(setup.home)))
    for dialogue in run.records(Dialogue):
        for ask in _asks(setup, dialogue):
            yield {
                "images": [Pictures.open(io.BytesIO(run.image(dialogue.image)))],
                "prompt": [{"role": message.role, "content": message.text} for message in ask.messages],
                "completion": [{"role": "assistant", "content": ask.text}],
            }


def _asks(setup: Setup, dialogue: Dialogue) -> Iterator[TurnTarget]:
    path = str(prompt_file(Path(setup.home), setup.role))
    if setup.role == "student":
        yield from student_asks(load(StudentPrompt, path), dialogue)
    else:
        yield from teacher_asks(load(TeacherPrompt, path), dialogue)


def _cost(clock: Clock, setup: Setup, peak: float) -> Cost:
    """Of a dialogue. The first step warms up; the last is left out, as its samples were loaded beside earlier ones."""
    timed = clock.ends[: max(2, len(clock.ends) - 1)]
    dialogues = (len(timed) - 1) * setup.batch
    return Cost((timed[-1].clock - timed[0].clock) / dialogues, (timed[-1].cpu - timed[0].cpu) / dialogues, peak)
