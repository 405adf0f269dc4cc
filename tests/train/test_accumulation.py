"""A training step is the same however few examples a pass takes, whatever a class tells Trainer about its loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import families
import tiny_models
from burnish.images import encode_png
from burnish.train.config import SFTConfig
from burnish.train.session import train_sft


@pytest.mark.parametrize("build", [tiny_models.llava, families.qwen2_5_vl], ids=lambda build: build.__name__)
def test_gradients_do_not_depend_on_passes(build, tmp_path: Path) -> None:
    base = tiny_models.saved(build(), tmp_path / "base")
    lines = []
    for i, answer in enumerate(("a", "a dog", "a dog and a cat", "two dogs and three cats behind a tree")):
        (tmp_path / f"{i}.png").write_bytes(encode_png(tiny_models.picture(i)))
        lines.append(json.dumps({"image": f"{i}.png", "question": "What is it?", "answer": answer}))
    (tmp_path / "questions.jsonl").write_text("\n".join(lines))
    steps = []
    for per_device in (4, 1):
        config = SFTConfig(
            source=f"folder:{tmp_path}/questions.jsonl",
            model=str(base),
            out=str(tmp_path / f"out{per_device}"),
            lora_rank=4,
            batch_size=4,
            per_device=per_device,
            max_steps=1,
            device="cpu",
        )
        steps.append(train_sft(config).summary["last_step"])
    whole, cut = steps
    assert cut["loss"] == pytest.approx(whole["loss"], rel=1e-3)
    assert cut["grad_norm"] == pytest.approx(whole["grad_norm"], rel=1e-3)
