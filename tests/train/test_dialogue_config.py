"""Flags of dialogue training: the paper's defaults, and one sentence for each value that cannot work."""

from __future__ import annotations

import subprocess
import sys

import pytest

from burnish.errors import ConfigError
from burnish.train.dialogue_config import ShowMaskConfig, StudentConfig, TeacherConfig
from patience import HANG_S


def student(**changes) -> StudentConfig:
    return StudentConfig(**({"runs": ("run",), "model": "model", "out": "out"} | changes))


def test_the_defaults_are_the_papers() -> None:
    """Section 5.1: rank 64 on queries and keys, AdamW at 2e-4 with a cosine, batches of 64, one epoch."""
    for config in (student(), TeacherConfig(runs=("run",), model="model", out="out")):
        assert (config.lora_rank, config.alpha, config.lora_layers) == (64, 256, ("q_proj", "k_proj"))
        assert (config.lr, config.weight_decay, config.batch_size, config.epochs) == (2e-4, 0, 64, 1)
        assert (config.warmup, config.max_length, config.mix_share) == (0.03, 3072, 0.5)
        assert not config.train_projector
    assert student(lora_targets="all-linear").lora_layers is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"runs": ()}, "RUNS is empty"),
        ({"mix_share": 0.0}, r"--mix-share must be above 0 and below 1, not 0\.0"),
        ({"mix_share": 1.0}, r"--mix-share must be above 0 and below 1, not 1\.0"),
        ({"mix_share": float("nan")}, "--mix-share must be above 0 and below 1, not nan"),
        ({"lora_rank": 0}, "--lora-rank must be at least 1, not 0"),
        ({"model": "http://here/v1#m"}, "--model http://here/v1#m is an endpoint"),
    ],
)
def test_a_value_that_cannot_work_is_one_sentence(changes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        student(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "1", "index": 1}, "--id and --index both choose a dialogue"),
        ({"index": -1}, "--index must be 0 or more, not -1"),
        ({"max_length": 0}, "--max-length must be at least 1, not 0"),
        ({"model": ""}, "--model is empty"),
    ],
)
def test_a_mask_cannot_be_shown_with_these(changes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ShowMaskConfig(**({"run": "run", "role": "student", "model": "model"} | changes))


def test_a_shown_mask_is_that_of_the_training() -> None:
    shown = ShowMaskConfig(run="run", role="teacher", model="m", sees="history", prompt="p", max_length=9)
    expected = TeacherConfig(runs=("run",), model="m", out="", sees="history", prompt="p", max_length=9)
    assert shown.training() == expected


def test_the_flags_need_no_torch() -> None:
    code = (
        "import sys, burnish.train.dialogue_config; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=HANG_S).returncode == 0
