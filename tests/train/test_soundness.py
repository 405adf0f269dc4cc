"""Trainings that come to numbers that are none: they stop, say so, and leave no adapter that anything would load."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from burnish.errors import ModelError, TrainingError
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.report.kinds.training.log import read_log, training_table
from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo
from burnish.train.soundness import Soundness, sound_weights

SMALL = {"lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu"}
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def config(write_run, base, tmp_path_factory) -> DPOConfig:
    """Eight pairs in batches of four, two passes: four steps."""
    folder = tmp_path_factory.mktemp("soundness")
    run = write_run(folder / "run")
    return DPOConfig(run=str(run), model=str(base), out=str(folder / "out"), epochs=2, save_steps=1, **SMALL)


@pytest.fixture(scope="module")
def trained(config: DPOConfig) -> Path:
    return train_dpo(config).checkpoint


def test_a_rate_that_explodes_stops_the_training(config: DPOConfig, tmp_path: Path) -> None:
    exploding = replace(config, out=str(tmp_path / "out"), lr=1e30, epochs=4)
    with pytest.raises(TrainingError, match=r"of step \d is not a finite number, with the examples \d.* a lower --lr"):
        train_dpo(exploding)
    out = tmp_path / "out"
    assert not (out / WEIGHTS).exists()
    assert not (out / "done.json").exists()
    kept = list((out / "checkpoints").glob(f"checkpoint-*/{WEIGHTS}"))
    assert kept, "the last sound checkpoints stay"
    assert all(weight.isfinite().all() for path in kept for weight in load_file(path).values())
    log = read_log(out / "log.jsonl")
    shown = {name: last for name, _, last in training_table(log).rows}
    assert "nan" in (shown["loss"], shown["grad_norm"])
    with pytest.raises(TrainingError, match=rf"of step {int(log[-1]['step'])} "):  # and so does the same command again
        train_dpo(exploding)


def test_the_examples_of_the_forward_pass_that_failed_are_named() -> None:
    logged: list[dict[str, float]] = []
    watch = Soundness(logged.append)
    watch.saw(torch.tensor(0.5), ["a", "b"])
    watch.saw(torch.tensor(math.inf), ["c", "d"])
    state, arguments = (
        type("State", (), {"global_step": 2})(),
        type("A", (), {"learning_rate": 1.0, "output_dir": "o"})(),
    )
    with pytest.raises(TrainingError, match=r"The loss of step 3 is not a finite number, with the examples c, d:"):
        watch.on_pre_optimizer_step(arguments, state, None, model=torch.nn.Linear(1, 1))
    assert logged == [{"loss": math.inf}]


def test_weights_that_are_none_are_seen_before_they_are_saved() -> None:
    layer = torch.nn.Linear(2, 2)
    assert sound_weights(layer)
    with torch.no_grad():
        layer.bias[1] = -math.inf
    assert not sound_weights(layer)
    layer.bias.requires_grad_(False)
    assert sound_weights(layer), "only what is trained is looked at"


def changed(trained: Path, to: Path, change) -> str:
    """A copy of the adapter with other weights."""
    to.mkdir()
    for path in trained.iterdir():
        if path.is_file():
            (to / path.name).write_bytes(path.read_bytes())
    weights = load_file(trained / WEIGHTS)
    change(weights)
    save_file(weights, to / WEIGHTS)
    return str(to)


def test_an_adapter_of_numbers_that_are_none_is_never_loaded(trained: Path, base: Path, tmp_path: Path) -> None:
    def spoil(weights: dict[str, torch.Tensor]) -> None:
        weights[min(weights)][0, 0] = math.nan

    adapter = changed(trained, tmp_path / "spoiled", spoil)
    with pytest.raises(ModelError, match=r"not finite numbers, in base_model.* first: train it again"):
        LocalModel.open(ModelOptions(model=str(base), adapter=adapter, device="cpu"))


def test_nor_merged(config: DPOConfig, trained: Path) -> None:
    sound = (trained / WEIGHTS).read_bytes()
    save_file({name: weight * math.inf for name, weight in load_file(trained / WEIGHTS).items()}, trained / WEIGHTS)
    with pytest.raises(ModelError, match="not finite numbers"):
        train_dpo(replace(config, merge=True))
    assert not (trained / "merged").exists()
    (trained / WEIGHTS).write_bytes(sound)


def test_weights_without_a_place_in_the_model_are_told(trained: Path, base: Path, tmp_path: Path, capsys) -> None:
    def add(weights: dict[str, torch.Tensor]) -> None:
        name = min(weights)
        weights[name.replace("layers.0", "layers.99")] = weights[name].clone()

    LocalModel.open(ModelOptions(model=str(base), adapter=str(trained), device="cpu"))
    assert capsys.readouterr().err == ""
    adapter = changed(trained, tmp_path / "deeper", add)
    LocalModel.open(ModelOptions(model=str(base), adapter=adapter, device="cpu"))
    said = capsys.readouterr().err
    assert f"1 weights of {adapter} have no place in {base}" in said
    assert "layers.99" in said


def test_an_adapter_remembers_how_its_pictures_were_seen(trained: Path, base: Path, capsys) -> None:
    record = json.loads((trained / "burnish_base.json").read_text())
    assert record["trained_with"] == {"pad_to_square": False, "thinking": None}
    LocalModel.open(ModelOptions(model=str(base), adapter=str(trained), device="cpu", pad_to_square=True))
    said = capsys.readouterr().err
    assert "was trained without --pad-to-square and is used with --pad-to-square" in said


@pytest.mark.parametrize("text", ["[" * 2000, "{", "[1]", '"\\ud800', "\xff"])
def test_a_damaged_record_of_the_base_is_one_sentence(trained: Path, base: Path, tmp_path: Path, text: str) -> None:
    adapter = changed(trained, tmp_path / "damaged", lambda weights: None)
    (tmp_path / "damaged" / "burnish_base.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match=r"burnish_base.json (cannot be read|is not a record)"):
        LocalModel.open(ModelOptions(model=str(base), adapter=adapter, device="cpu"))
