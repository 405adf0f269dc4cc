"""Several processes on CPUs train as one does; what shares a model between GPUs is handed to transformers as it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from burnish.cli import main
from burnish.errors import ConfigError
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo
from burnish.train.trainer import training_arguments
from patience import HANG_S

HERE = Path(__file__).parent


def launch(script: str, *arguments: str) -> str:
    """What two processes of a script print."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(HERE / script)]
    paths = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*start, *arguments], check=False, capture_output=True, text=True, timeout=HANG_S, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_processes_train_as_one_does(base: Path, write_run, tmp_path: Path) -> None:
    """Eight pairs in batches of four: one process takes two passes of two, each of two processes takes one of two."""
    run = write_run(tmp_path / "run", negatives=[1, 2, 1, 3, 2, 1, 1, 1])
    small = {"run": str(run), "model": str(base), "lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 2}
    losses = ("softmax", "sft=0.5")
    one = train_dpo(DPOConfig(out=str(tmp_path / "one"), device="cpu", loss=losses, **small)).checkpoint
    two = tmp_path / "two"
    flags = ("--lora-rank", "4", "--lr", "1e-2", "--batch-size", "4", "--per-device", "2", "--device", "cpu")
    flags += tuple(word for loss in losses for word in ("--loss", loss))
    launch("train_command.py", str(run), "--model", str(base), "--out", str(two), *flags)
    weights = [load_file(folder / "adapter_model.safetensors") for folder in (one, two)]
    torch.testing.assert_close(*weights, atol=1e-5, rtol=1e-4)
    logs = [read_log(folder / "log.jsonl") for folder in (one, two)]
    assert len(logs[0]) == len(logs[1]) == 4
    for of_one, of_two in zip(*logs, strict=True):
        del of_one["seconds"], of_two["seconds"], of_one["tokens_per_second"], of_two["tokens_per_second"]
        assert of_two == pytest.approx(of_one, abs=1e-4)
    assert json.loads((two / "done.json").read_text())["answers"] == 20


@pytest.mark.slow
def test_the_step_is_the_same_on_a_sharded_model(tmp_path: Path) -> None:
    """Switching the adapter off and on leaves a model that FSDP has shared out between processes as it was."""
    said = launch("sharded_step.py", str(tmp_path))
    # two processes write to one pipe, so their lines may share a line
    steps = re.findall(r"losses (\d\.\d{6}) (\d\.\d{6}); 28 gradients differ by (\d\.\de[+-]\d\d)", said)
    assert len(steps) == 2, said
    for whole, sharded, difference in steps:
        assert float(sharded) == pytest.approx(float(whole), abs=1e-5)
        assert float(difference) < 1e-6


def test_fsdp_is_handed_on(tmp_path: Path) -> None:
    file = tmp_path / "fsdp.json"
    file.write_text(json.dumps({"transformer_layer_cls_to_wrap": ["LlamaDecoderLayer"], "cpu_offload": True}))
    arguments = training_arguments(DPOConfig(run="r", model="m", out="o", device="cpu", fsdp=str(file)), tmp_path)
    assert arguments.fsdp_plugin_args["transformer_cls_names_to_wrap"] == "LlamaDecoderLayer"
    assert arguments.fsdp_plugin_args["cpu_offload"] is True
    # the adapter of a checkpoint must be whole to be brought out
    assert arguments.fsdp_plugin_args["state_dict_type"] == "FULL_STATE_DICT"


@pytest.mark.parametrize("flag", ["fsdp", "deepspeed"])
def test_sharding_on_a_cpu_is_refused(flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.json").write_text("{}")
    words = ["train", "dpo", "runs/none", "--model", "pocket", "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert main([*words, f"--{flag}", str(tmp_path / "some.json")]) == 2
    assert f"burnish: --{flag} shards the model over GPUs, and this training runs on the CPU" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_deepspeed_is_asked_for_by_name_where_it_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "zero3.json"
    file.write_text(json.dumps({"zero_optimization": {"stage": 3}}))
    config = DPOConfig(run="r", model="m", out="o", device="cpu", deepspeed=str(file))
    if find_spec("deepspeed") is None:
        with pytest.raises(ConfigError, match=r"--deepspeed needs the package deepspeed: .*'burnish\[deepspeed\]'"):
            training_arguments(config, tmp_path)
    else:
        assert training_arguments(config, tmp_path).deepspeed == str(file)
