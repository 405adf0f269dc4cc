"""A training's sizes by arithmetic, beside what PEFT really adds and what is really trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import more_families
import tiny_models
from burnish.train.config import SFTConfig
from burnish.train.full import train_all
from burnish.train.lora import add_adapter
from burnish.train.sizes import FLOAT32, skeleton, training_sizes

BUILT = {"llava": tiny_models.llava, "qwen2_5_vl": tiny_models.qwen2_5_vl, "qwen3_5_moe": more_families.qwen3_5_moe}


def _sizes(folder: Path, family: str, flags: dict[str, Any]) -> tuple[Any, Any, SFTConfig]:
    """By arithmetic, and the real model with what is trained in it."""
    model, _ = BUILT[family]()
    model.save_pretrained(folder)
    config = SFTConfig(source="folder:x", model=str(folder), out="out", lora_rank=4, **flags)
    base = skeleton(str(folder), None)
    assert base is not None
    sizes = training_sizes(base, config, examples=100, sequence=50)
    if config.full:
        return sizes, train_all(model, projector=config.train_projector), config
    return sizes, add_adapter(model, config, base_name="x"), config


@pytest.mark.parametrize(
    ("family", "flags"),
    [
        ("llava", {}),
        ("llava", {"lora_variant": "dora"}),
        ("llava", {"lora_targets": "q_proj,down_proj", "train_projector": True}),
        ("llava", {"full": True, "train_projector": True}),
        ("qwen2_5_vl", {"full": True}),
        ("qwen3_5_moe", {"experts": True}),
        ("qwen3_5_moe", {}),
    ],
)
def test_arithmetic_counts_what_is_really_trained(tmp_path: Path, family: str, flags: dict[str, Any]) -> None:
    sizes, model, config = _sizes(tmp_path, family, flags)
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    assert sizes.trainable == trained
    assert sizes.rank == (None if config.full else 4)
    assert sizes.gradients == FLOAT32 * trained
    if config.full:
        assert sizes.total == sum(parameter.numel() for parameter in model.parameters())
        assert sizes.checkpoint == sizes.weights + sizes.optimizer  # the whole model, not an adapter
    else:
        assert sizes.adapter == FLOAT32 * trained


def test_four_bits_spare_memory_and_change_nothing_that_is_trained(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "quarter").mkdir()
    whole, _, _ = _sizes(tmp_path / "whole", "llava", {})
    base = skeleton(str(tmp_path / "whole"), None)
    assert base is not None
    config = SFTConfig(source="folder:x", model="x", out="out", lora_rank=4, load_in="4bit")
    quarter = training_sizes(base, config, examples=100, sequence=50)
    assert quarter.trainable == whole.trainable
    assert quarter.weights < whole.weights
