"""Several processes on CPUs train as one does; what shares a model between GPUs is handed to transformers as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo

COMMAND = str(Path(__file__).with_name("train_command.py"))


def launch(processes: int, config: DPOConfig) -> None:
    flags = [
        *(config.run, "--model", config.model, "--out", config.out, "--lora-rank", "4", "--lr", "1e-2"),
        *("--batch-size", str(config.batch_size), "--per-device", str(config.per_device), "--device", "cpu"),
    ]
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    done = subprocess.run([*start, COMMAND, *flags], check=False, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_two_processes_train_as_one_does(base: Path, write_run, tmp_path: Path) -> None:
    """Eight pairs in batches of four: one process takes two passes of two, each of two processes takes one of two."""
    run = write_run(tmp_path / "run", negatives=[1, 2, 1, 3, 2, 1, 1, 1])
    small = {"run": str(run), "model": str(base), "lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 2}
    one = train_dpo(DPOConfig(out=str(tmp_path / "one"), device="cpu", **small)).checkpoint
    launch(2, DPOConfig(out=str(tmp_path / "two"), device="cpu", **small))
    two = tmp_path / "two"
    weights = [load_file(folder / "adapter_model.safetensors") for folder in (one, two)]
    torch.testing.assert_close(*weights, atol=1e-5, rtol=1e-4)
    logs = [read_log(folder / "log.jsonl") for folder in (one, two)]
    assert len(logs[0]) == len(logs[1]) == 4
    for of_one, of_two in zip(*logs, strict=True):
        del of_one["seconds"], of_two["seconds"]
        assert of_two == pytest.approx(of_one, abs=1e-4)
    assert json.loads((two / "done.json").read_text())["answers"] == 20
