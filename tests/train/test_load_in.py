"""QLoRA: what it needs, what it does not go with, and, where bitsandbytes is installed, that it trains."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from burnish.errors import ConfigError
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo

INSTALLED = find_spec("bitsandbytes") is not None


@pytest.fixture(scope="module")
def config(write_run, base: Path, tmp_path_factory: pytest.TempPathFactory) -> DPOConfig:
    folder = tmp_path_factory.mktemp("four-bits")
    flags = {"lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 4, "device": "cpu", "epochs": 2}
    run = write_run(folder / "run", negatives=[1, 1, 1, 1])
    return DPOConfig(run=str(run), model=str(base), out=str(folder / "out"), load_in="4bit", **flags)


@pytest.mark.skipif(INSTALLED, reason="says what to install, and it is installed")
def test_without_bitsandbytes_a_sentence_says_what_to_install(config: DPOConfig) -> None:
    with pytest.raises(
        ConfigError, match=r"needs the package bitsandbytes: install it with pip install 'burnish\[qlora"
    ):
        train_dpo(config)
    assert not Path(config.out).exists()


@pytest.mark.skipif(not INSTALLED, reason="needs bitsandbytes")
def test_the_adapter_of_four_bits_is_worn_by_the_whole_model(config: DPOConfig) -> None:
    out = train_dpo(config).checkpoint
    steps = read_log(out / "log.jsonl")
    assert steps[0]["rewards/margins"] == pytest.approx(0, abs=1e-3)
    assert steps[-1]["grad_norm"] > 0
    LocalModel.open(ModelOptions(model=config.model, adapter=str(out), device="cpu"))
    quantised = LocalModel.open(ModelOptions(model=config.model, device="cpu"), load_in="4bit")
    kinds = {name: type(layer).__name__ for name, layer in quantised.model.named_modules()}
    few = {name for name, kind in kinds.items() if kind == "Linear4bit"}
    assert few and all(".language_model." in name for name in few)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"experts": True}, "--load-in 4bit is not available with --experts: experts in one tensor"),
        ({"fsdp": "x.json"}, "--load-in 4bit is not available with --fsdp: weights in 4 bits are not shared out"),
        ({"full": True}, "--load-in is not available with --full: what is trained must be in full precision"),
    ],
    ids=["experts", "fsdp", "full"],
)
def test_what_does_not_go_with_it_is_refused(config: DPOConfig, other: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        replace(config, **other)
