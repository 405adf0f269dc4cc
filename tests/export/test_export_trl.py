"""TRL: its own helpers take the rows, and its own DPOTrainer trains on them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from awkward_run import WANTED, colour_of
from datasets import load_dataset
from PIL import Image

from burnish.export import ExportConfig, export_run
from burnish.store import Run


def load(run: Run, tmp_path: Path) -> list[dict[str, object]]:
    folder = export_run(ExportConfig(run=str(run.path), to="trl", out=str(tmp_path / "out"))).folder
    return load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))


def test_rows_are_conversations_with_pictures(run: Run, tmp_path: Path) -> None:
    found = []
    for row in load(run, tmp_path):
        (image,) = row["images"]
        assert isinstance(image, Image.Image)
        ((question,), (chosen,), (rejected,)) = row["prompt"], row["chosen"], row["rejected"]
        assert [question["role"], chosen["role"], rejected["role"]] == ["user", "assistant", "assistant"]
        found.append((question["content"], chosen["content"], rejected["content"], colour_of(image)))
    assert found == WANTED


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning")  # TRL uses it
def test_trl_trains_on_it(run: Run, tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    from tiny_models import tiny_llava

    model = str(tiny_llava(tmp_path / "model"))
    arguments = DPOConfig(
        output_dir=str(tmp_path / "trained"),
        per_device_train_batch_size=2,
        max_steps=3,
        logging_steps=1,
        max_length=None,
        learning_rate=1e-3,
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = DPOTrainer(model, args=arguments, train_dataset=load(run, tmp_path))
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 3
    # Before the first step policy and reference are one model: every margin is 0 and the loss is log 2.
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] != losses[0], "training moved nothing"
