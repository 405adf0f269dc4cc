"""Full fine-tuning: what is trained, what is left, and how it goes on after a kill."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from burnish.errors import ConfigError
from burnish.export.model_card import CardConfig, write_cards
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.output import Output
from burnish.train.session import train_dpo

SMALL = {"full": True, "lr": 1e-3, "batch_size": 4, "per_device": 2, "device": "cpu", "epochs": 2, "save_steps": 1}


@pytest.fixture(scope="module")
def config(write_run, base: Path, tmp_path_factory: pytest.TempPathFactory) -> DPOConfig:
    """Eight pairs in batches of four, twice: four steps."""
    folder = tmp_path_factory.mktemp("full")
    run = write_run(folder / "run", weighed=True)
    return DPOConfig(run=str(run), model=str(base), out=str(folder / "out"), keep_checkpoints=True, **SMALL)


@pytest.fixture(scope="module")
def trained(config: DPOConfig) -> Path:
    return train_dpo(config).checkpoint


def test_the_language_model_alone_has_changed(trained: Path, base: Path) -> None:
    before, after = load_file(base / "model.safetensors"), load_file(trained / "model.safetensors")
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert before.keys() == after.keys()
    assert changed == {name for name in before if "vision_tower" not in name and "projector" not in name}


def test_it_learns_against_the_model_that_it_was(trained: Path) -> None:
    steps = read_log(trained / "log.jsonl")
    assert abs(steps[0]["rewards/margins"]) < 1e-5 < steps[-1]["rewards/margins"]


def test_it_is_a_model_of_its_own(trained: Path, opened: LocalModel, capsys: pytest.CaptureFixture[str]) -> None:
    again = LocalModel.open(ModelOptions(model=str(trained), device="cpu"))
    assert again.fingerprint != opened.fingerprint
    LocalModel.open(ModelOptions(model=str(trained), device="cpu", pad_to_square=True))
    assert "was trained without --pad-to-square and is used with --pad-to-square" in capsys.readouterr().err
    [card] = write_cards(CardConfig(checkpoint=str(trained)), [])
    text = card.read_text(encoding="utf-8")
    card.unlink()
    assert "A full model, begun from" in text and "library_name: transformers" in text and "- lora" not in text


def test_a_killed_training_goes_on_from_its_weights(config: DPOConfig, trained: Path, tmp_path: Path) -> None:
    """As a kill after the third step leaves it: files have other names of weights than the model in memory."""
    out = tmp_path / "out"
    shutil.copytree(trained, out)
    shutil.rmtree(Output(out).checkpoints / "checkpoint-4")
    for name in ("done.json", "model.safetensors"):
        (out / name).unlink()
    train_dpo(replace(config, out=str(out)))
    torch.testing.assert_close(load_file(out / "model.safetensors"), load_file(trained / "model.safetensors"))


def test_the_projector_is_trained_where_it_is_wanted(config: DPOConfig, base: Path, tmp_path: Path) -> None:
    out = train_dpo(replace(config, out=str(tmp_path / "out"), max_steps=1, warmup=0, train_projector=True)).checkpoint
    before, after = load_file(base / "model.safetensors"), load_file(out / "model.safetensors")
    same = {name for name, tensor in before.items() if torch.equal(tensor, after[name])}
    assert same and all("vision_tower" in name for name in same)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"adapter": "somewhere"}, "--adapter is not available with --full: merge it into the model first"),
        ({"lora_variant": "dora"}, "--lora-variant is not available with --full: there is no LoRA in it"),
        ({"merge": True}, "--merge is not available with --full: what it writes is a whole model already"),
    ],
    ids=["adapter", "variant", "merge"],
)
def test_what_does_not_go_with_it_is_refused(config: DPOConfig, other: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        replace(config, **other)
