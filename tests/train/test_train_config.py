"""Flags: defaults of the paper, arithmetic of batches, and one sentence for each value that cannot work."""

from __future__ import annotations

import subprocess
import sys

import pytest

from burnish.config import identity
from burnish.errors import ConfigError
from burnish.flags import parse_config, words_of
from burnish.train.config import DPOConfig, SFTConfig
from burnish.train.loss_terms import LossTerm, Objective
from patience import HANG_S


def dpo(**changes) -> DPOConfig:
    return DPOConfig(**({"run": "run", "model": "model", "out": "out"} | changes))


def test_the_defaults_are_the_papers() -> None:
    config = dpo()
    assert (config.lora_rank, config.alpha, config.lora_dropout) == (1024, 2048, 0)  # table 6
    assert (config.lr, config.weight_decay, config.batch_size, config.beta) == (2e-6, 0, 128, 0.1)  # section 4.1
    assert (config.warmup, config.epochs, config.max_length, config.loss) == (0.03, 2, 2048, ("softmax",))
    assert not config.train_projector


def test_alpha_follows_the_rank_unless_it_is_given() -> None:
    assert dpo(lora_rank=64).alpha == 128
    assert dpo(lora_rank=64, lora_alpha=16).alpha == 16


@pytest.mark.parametrize(
    ("processes", "batch_size", "per_device", "micro_batch", "accumulation"),
    [
        (1, 128, 4, 4, 32),  # 4 x 32 = 128
        (8, 128, 4, 4, 4),  # 8 processes x 4 x 4 = 128
        (1, 6, 4, 3, 2),  # 4 does not divide 6, 3 does
        (2, 2, 4, 1, 1),  # no more than the process's share
        (1, 7, 4, 1, 7),
    ],
)
def test_a_batch_is_shared_evenly(monkeypatch, processes, batch_size, per_device, micro_batch, accumulation) -> None:
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    config = dpo(batch_size=batch_size, per_device=per_device)
    assert (config.micro_batch, config.accumulation) == (micro_batch, accumulation)
    assert config.micro_batch * config.accumulation * processes == batch_size


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ConfigError, match=r"--batch-size 128 cannot be shared evenly by 3 processes\."):
        dpo()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": ""}, "--model is empty"),
        ({"model": "http://here/v1#m"}, "--model http://here/v1#m is an endpoint"),
        ({"lora_rank": 0}, "--lora-rank must be at least 1, not 0"),
        ({"lora_alpha": 0}, "--lora-alpha must be at least 1, not 0"),
        ({"lora_dropout": 1.0}, r"--lora-dropout must be 0 or above and below 1, not 1\.0"),
        ({"warmup": -0.1}, r"--warmup must be 0 or above and below 1, not -0\.1"),
        ({"lr": 0.0}, r"--lr must be above 0, not 0\.0"),
        ({"lr": float("nan")}, "--lr must be above 0, not nan"),
        ({"beta": 0.0}, r"--beta must be above 0, not 0\.0"),
        ({"loss": ("dpo",)}, "--loss dpo names no loss"),
        ({"loss": ("robust",)}, "--loss robust needs --label-smoothing: the share of pairs"),
        ({"label_smoothing": 0.1}, r"--label-smoothing 0\.1 is used by --loss robust alone"),
        (
            {"loss": ("robust",), "label_smoothing": 0.5},
            r"--label-smoothing must be 0 or above and below 0\.5, not 0\.5",
        ),
        ({"loss": ("ld",)}, "--loss ld needs --ld-alpha: the weight"),
        ({"ld_alpha": 0.0}, r"--ld-alpha 0\.0 is used by --loss ld alone"),
        ({"loss": ("ld",), "ld_alpha": 1.5}, r"--ld-alpha must be from 0 to 1, not 1\.5"),
        (
            {"loss": ("sigmoid", "ld"), "ld_alpha": 0.5, "references": "stored"},
            "--references stored is not available with --loss ld",
        ),
        ({"batch_size": 0}, "--batch-size must be at least 1, not 0"),
        ({"per_device": 0}, "--per-device must be at least 1, not 0"),
        ({"epochs": 0}, "--epochs must be at least 1, not 0"),
        ({"max_steps": 0}, "--max-steps must be at least 1, not 0"),
        ({"max_length": 0}, "--max-length must be at least 1, not 0"),
        ({"save_steps": 0}, "--save-steps must be at least 1, not 0"),
        ({"workers": -1}, "--workers must be at least 0, not -1"),
        ({"deepspeed": "nowhere.json"}, r"--deepspeed nowhere\.json is not there"),
        ({"fsdp": "nowhere.json"}, r"--fsdp nowhere\.json is not there"),
        ({"deepspeed": "a.json", "fsdp": "b.json"}, "--deepspeed and --fsdp both shard the model"),
    ],
)
def test_a_value_that_cannot_work_is_one_sentence(changes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        dpo(**changes)


def test_a_loss_is_recorded_as_it_is_meant() -> None:
    assert identity(dpo())["loss"] == identity(dpo(loss=("softmax",)))["loss"] == ["softmax"]
    assert dpo(loss=("sigmoid=1.0", "sft=0.20")).loss == ("sigmoid", "sft=0.2")
    config = dpo(loss=("robust", "ld=2"), label_smoothing=0.1, ld_alpha=0.0, beta=0.2)
    assert config.objective == Objective(
        terms=(LossTerm("robust", 1), LossTerm("ld", 2)), beta=0.2, label_smoothing=0.1, ld_alpha=0.0
    )


def test_losses_are_read_from_flags_and_files(tmp_path) -> None:
    words = ["run", "--model", "m", "--out", "o"]
    assert parse_config(DPOConfig, "burnish", words).loss == ("softmax",)
    flags = ["--loss", "sigmoid=0.8", "--loss", "sft=0.2"]
    assert parse_config(DPOConfig, "burnish", [*words, *flags]).loss == ("sigmoid=0.8", "sft=0.2")
    for text, expected in [("loss: sum", ("sum",)), ("loss: [sigmoid, sft=0.2]", ("sigmoid", "sft=0.2"))]:
        (tmp_path / "c.yaml").write_text(text)
        file = ["--config", str(tmp_path / "c.yaml")]
        assert parse_config(DPOConfig, "burnish", [*words, *file]).loss == expected


def test_activation_checkpointing_may_stand_without_a_value(tmp_path) -> None:
    words = ["run", "--model", "m", "--out", "o"]
    (tmp_path / "c.yaml").write_text("activation-checkpointing: true")

    def found(*flags: str) -> str | None:
        config: DPOConfig = parse_config(DPOConfig, "burnish", [*words, *flags])
        return config.activation_checkpointing

    flag = "--activation-checkpointing"
    assert (found(), found(flag), found(flag, "--merge")) == (None, "full", "full")
    assert (found(flag, "selective"), found("--config", str(tmp_path / "c.yaml"))) == ("selective", "full")
    # a run of before says false
    assert words_of(DPOConfig, {"run": "r", "activation_checkpointing": False}) == ["r"]


def test_sft_checks_its_sampling_too() -> None:
    with pytest.raises(ConfigError, match="--per-image must be at least 1"):
        SFTConfig(source="pocket", model="pocket", out="out", per_image=0)


def test_speed_and_place_are_no_part_of_what_is_trained() -> None:
    here = dpo()
    there = dpo(per_device=1, device="cpu", workers=3, save_steps=7, merge=True, activation_checkpointing="full")
    assert identity(here) == identity(there)
    assert identity(here) != identity(dpo(seed=1))


def test_the_flags_need_no_torch() -> None:
    code = "import sys, burnish.train.config; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=HANG_S).returncode == 0
