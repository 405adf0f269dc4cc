"""`--plan`: what a training would take, measured over a few of its steps, of which nothing stays."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from burnish.cli import main
from burnish.errors import ConfigError
from burnish.report.plan_tables import duration, size
from burnish.train.config import DPOConfig
from burnish.train.session import plan_training, train_dpo

RANK = 4


@pytest.fixture(scope="module")
def config(write_run, base, tmp_path_factory) -> DPOConfig:
    """Eight pairs in batches of four, three passes: six steps."""
    folder = tmp_path_factory.mktemp("planned")
    run = write_run(folder / "run", negatives=[1, 2, 1, 3, 2, 1, 1, 1])
    flags = {"lora_rank": RANK, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu", "epochs": 3}
    return DPOConfig(run=str(run), model=str(base), out=str(folder / "out"), **flags)


def test_it_says_what_the_training_then_takes_and_leaves_nothing(config: DPOConfig) -> None:
    plan = plan_training(config)
    assert not Path(config.out).exists()
    trained = train_dpo(config)
    adapter = (trained.checkpoint / "adapter_model.safetensors").stat().st_size
    assert plan.steps == trained.summary["steps"] == 6
    assert plan.data["examples"] == trained.summary["examples"] == 8
    assert plan.adapter == 4 * plan.trainable  # float32
    assert plan.adapter <= adapter < plan.adapter + 50_000  # names and shapes of a small model's tensors
    assert plan.memory.optimizer >= 2 * plan.adapter  # AdamW's two moments of each parameter
    assert plan.memory.peak is None or plan.memory.peak > plan.memory.weights
    assert plan.timed == 3
    assert plan.hours == pytest.approx(6 * plan.seconds_per_step / 3600)


def test_full_fine_tuning_writes_a_whole_model(config: DPOConfig, tmp_path: Path) -> None:
    full = dataclasses.replace(config, full=True, lr=1e-4, out=str(tmp_path / "out"))
    plan = plan_training(full)
    written = (train_dpo(full).checkpoint / "model.safetensors").stat().st_size
    assert plan.adapter <= written < plan.adapter + 50_000
    assert plan.checkpoint == plan.memory.optimizer + plan.memory.weights > 4 * plan.total  # float32, and buffers


def test_a_training_that_is_there_stays_as_it_is(config: DPOConfig) -> None:
    folder = train_dpo(config).checkpoint
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    plan_training(config)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_verb_prints_tables_and_writes_the_numbers(
    config: DPOConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [config.run, "--model", config.model, "--out", str(tmp_path / "out"), "--lora-rank", str(RANK), "--plan"]
    numbers = tmp_path / "plan.json"
    assert main(["train", "dpo", *words, "--device", "cpu", "--json", str(numbers)]) == 0
    shown = capsys.readouterr().out
    assert "optimizer steps" in shown
    assert json.loads(numbers.read_text())["steps"] == 2  # eight pairs in one batch of 128, two passes
    assert not (tmp_path / "out").exists()


def test_several_processes_cannot_plan(config: DPOConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="--plan measures one device"):
        DPOConfig(run=config.run, model=config.model, out="out", plan=True)


def test_sizes_and_times_are_readable() -> None:
    assert [size(n) for n in (None, 7, 999_000, 41_000_000_000)] == ["–", "7 B", "999 kB", "41 GB"]
    assert [duration(s) for s in (0.25, 90, 9000)] == ["0.25 seconds", "1.5 minutes", "2.5 hours"]
