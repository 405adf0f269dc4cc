"""Every training in two processes (DDP): the losses and the adapter of one process, also when one of them is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from dialogue_words import dialogue
from safetensors.torch import load_file
from training_words import CHOSEN
from two_processes import TRAIN, train_in_two

import tiny_models
from burnish.images import encode_png
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig, SFTConfig, TrainConfig
from burnish.train.dialogue_config import StudentConfig, TeacherConfig
from burnish.train.output import Output

SMALL = {"lora_rank": 4, "lora_alpha": 8, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu", "epochs": 2}
STEPS = 4


@pytest.fixture(scope="module")
def make_config(
    base: Path, write_run, write_dialogues, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[type[TrainConfig]], TrainConfig]:
    """Four steps on what processes have in different numbers: negatives, references that are stored or not, turns, and
    pictures."""
    folder = tmp_path_factory.mktemp("material")
    pairs = (write_run(folder / "stored", [1, 3, 1, 2], weighed=True), write_run(folder / "not", [2, 1, 1, 3]))
    talks = write_dialogues(folder / "talks", [dialogue(number % 2, id=str(number)) for number in range(8)])
    for number in range(3):
        (folder / f"{number}.png").write_bytes(encode_png(tiny_models.picture(number)))
    lines = [
        {"id": f"{number}", "question": f"{number}?", "answer": CHOSEN[number % len(CHOSEN)], "image": f"{picture}.png"}
        for number, picture in enumerate([0, 0, 0, 1, 1, 2, 0, 2])
    ]
    (folder / "lines.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    own: dict[type[TrainConfig], dict[str, Any]] = {
        DPOConfig: {"run": str(pairs[0]), "more_runs": (str(pairs[1]),), "loss": ("softmax=0.9", "sft=0.1")},
        SFTConfig: {"source": f"folder:{folder / 'lines.jsonl'}"},
        StudentConfig: {"runs": (str(talks),), "prompt": "pocket-student"},
        TeacherConfig: {"runs": (str(talks),), "prompt": "pocket-teacher"},
    }
    return lambda kind: kind(model=str(base), out="", **SMALL, **own[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [DPOConfig, SFTConfig, StudentConfig, TeacherConfig], ids=lambda kind: kind.__name__)
def test_two_processes_train_as_one_also_after_a_kill(
    make_config: Callable[[type[TrainConfig]], TrainConfig], kind: type[TrainConfig], tmp_path: Path
) -> None:
    config, alone, two = make_config(kind), tmp_path / "alone", tmp_path / "two"
    TRAIN[kind](replace(config, out=str(alone)))
    config = replace(config, out=str(two), save_steps=1)
    assert train_in_two(config, kill_at=1) != [0, 0]
    interrupted = Output(two).last_checkpoint()
    assert Output(two).summary is None and interrupted is not None and interrupted.step < STEPS
    assert train_in_two(config) == [0, 0]
    losses = [[line["loss"] for line in read_log(out / "log.jsonl")] for out in (alone, two)]
    assert len(losses[0]) == STEPS
    assert losses[1] == pytest.approx(losses[0], abs=1e-4)
    weights = [load_file(out / "adapter_model.safetensors") for out in (alone, two)]
    torch.testing.assert_close(*weights, atol=1e-4, rtol=1e-3)
