"""Trains the pocket VLM from nothing: `python -m burnish.pocket.train --out DIR` (about twenty minutes on two cores).

Kill it at any moment and start it again with the same flags: it goes on from its last checkpoint and sees the
lessons it would have seen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import tyro
from transformers import LlavaForConditionalGeneration, LlavaProcessor

from burnish.errors import ConfigError, RunError
from burnish.pocket.cells import CellClassifier, cell_labels
from burnish.pocket.lessons import PADDING, SHARED, Batch, Lessons, pixels
from burnish.pocket.vlm import WIDTH, build_model, build_processor
from burnish.pocket.world.scene import Scene
from burnish.progress import Progress

CELLS_SHARE = 0.1
"""Weight of the side lesson, beside 1 for answers."""


@dataclass(frozen=True, kw_only=True)
class TrainPocketConfig:
    """How the pocket VLM is trained."""

    out: Path
    """Folder for the checkpoint and, at the end, the weights."""
    tower_steps: int = 800
    """First steps, in which the tower alone learns to name what each cell of a picture holds."""
    steps: int = 1500
    """Steps on questions and answers."""
    batch_size: int = 64
    """Pictures a step, each with up to eight questions."""
    lr: float = 2e-3
    """Highest learning rate: reached after the warm-up, then down a cosine to a fiftieth."""
    warmup: int = 200
    """Steps of linear warm-up."""
    weight_decay: float = 0.02
    """AdamW's weight decay."""
    seed: int = 0
    """Decides initial weights and lessons."""
    save_every: int = 250
    """Steps between checkpoints."""
    device: str = "cpu"
    """`cpu` or `cuda`."""
    bf16: bool = True
    """Compute in bfloat16; weights and optimizer stay float32."""

    def __post_init__(self) -> None:
        for flag in ("tower_steps", "steps", "batch_size", "warmup", "save_every"):
            if getattr(self, flag) < 1:
                raise ConfigError(f"--{flag.replace('_', '-')} must be at least 1, not {getattr(self, flag)}.")
        if self.lr <= 0:
            raise ConfigError(f"--lr must be above 0, not {self.lr}.")


def train(config: TrainPocketConfig) -> Path:
    """Trains to the last step and returns the folder of the finished model. Raises RunError for a changed config."""
    config.out.mkdir(parents=True, exist_ok=True)
    processor = build_processor()
    model = build_model(processor.tokenizer, config.seed)
    model.set_attn_implementation("eager")  # for rows this short faster on a CPU than the fused kernels
    classifier = CellClassifier(WIDTH)
    learner = torch.nn.ModuleDict({"model": model, "classifier": classifier}).to(config.device)
    optimizer = _optimizer(learner, config)
    step = _resume(config, learner, optimizer)
    lessons = Lessons(processor.tokenizer, config.batch_size, config.seed)
    total = config.tower_steps + config.steps
    with (
        Progress("train the pocket VLM", total, done=step, unit="steps", every_s=20) as progress,
        (config.out / "log.jsonl").open("a", buffering=1) as log,
    ):
        while step < total:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config)
            with torch.autocast(config.device, torch.bfloat16, enabled=config.bf16):
                if step < config.tower_steps:
                    losses = {"cells": tower_loss(model, classifier, processor, lessons.scenes(step))}
                    loss = losses["cells"]
                else:
                    losses = lesson_losses(model, classifier, processor, lessons[step - config.tower_steps])
                    loss = losses["answers"] + CELLS_SHARE * losses["cells"]
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            shown = {name: round(value.item(), 4) for name, value in losses.items()}
            progress.advance(note=f"losses {shown}")
            log.write(json.dumps({"step": step} | shown) + "\n")
            if step % config.save_every == 0 or step == total:
                _save(config, learner, optimizer, step)
    model.save_pretrained(config.out / "model")
    processor.save_pretrained(config.out / "model")
    return config.out / "model"


def tower_loss(
    model: LlavaForConditionalGeneration, classifier: CellClassifier, processor: LlavaProcessor, scenes: Sequence[Scene]
) -> torch.Tensor:
    """How well the projected patch features tell what each cell holds."""
    values = normalised(pixels(scenes).to(model.device), processor)
    features_BPD = torch.stack(tuple(model.model.get_image_features(pixel_values=values).pooler_output))
    loss: torch.Tensor = classifier(features_BPD, cell_labels(scenes).to(model.device))
    return loss


def lesson_losses(
    model: LlavaForConditionalGeneration, classifier: CellClassifier, processor: LlavaProcessor, batch: Batch
) -> dict[str, torch.Tensor]:
    """Weighted cross-entropy (nats) of the "answers"' tokens, which alone pass the head, and that of the "cells"."""
    device = model.device
    labels_BT, weights_BT = batch.labels_BT.to(device)[:, 1:], batch.weights_BT.to(device)[:, 1:]
    output = model.model(
        input_ids=batch.ids_BT.to(device),
        pixel_values=normalised(pixels(batch.scenes).to(device), processor),
        attention_mask=visible(batch.parts_BT.to(device)),
        position_ids=batch.positions_BT.to(device),
        use_cache=False,
    )
    said_BT = labels_BT != -100
    logits_NV = model.lm_head(output.last_hidden_state[:, :-1][said_BT])
    losses_N = torch.nn.functional.cross_entropy(logits_NV.float(), labels_BT[said_BT], reduction="none")
    answers = (losses_N * weights_BT[said_BT]).sum() / weights_BT.sum()
    features_BPD = output.image_hidden_states.unflatten(0, (len(batch.scenes), -1))
    return {"answers": answers, "cells": classifier(features_BPD, cell_labels(batch.scenes).to(device))}


def visible(parts_BT: torch.Tensor) -> torch.Tensor:
    """Which token sees which: itself and what came before, if it is shared or of the same question.

    What is added to the attention scores, 0 or the lowest number: float32, (batch, 1, token, token it may see).
    """
    length = parts_BT.shape[1]
    before_TT = torch.ones(length, length, dtype=torch.bool, device=parts_BT.device).tril()
    same_BTT = parts_BT[:, :, None] == parts_BT[:, None, :]
    shared_BTT = (parts_BT == SHARED)[:, None, :] & (parts_BT != PADDING)[:, :, None]
    hidden_BTT = ~((same_BTT | shared_BTT) & before_TT)
    return hidden_BTT[:, None].float() * torch.finfo(torch.float32).min


def normalised(pixels_BHWC: torch.Tensor, processor: LlavaProcessor) -> torch.Tensor:
    """What the processor makes of pictures that have its size already: float32, (batch, channel, row, column)."""
    images = processor.image_processor
    mean, std = (torch.tensor(value, device=pixels_BHWC.device) for value in (images.image_mean, images.image_std))
    values_BHWC: torch.Tensor = (pixels_BHWC * images.rescale_factor - mean) / std
    return values_BHWC.permute(0, 3, 1, 2)


def learning_rate(step: int, config: TrainPocketConfig) -> float:
    """A linear warm-up for the tower, one more for the whole, then a cosine to a fiftieth of the highest rate."""
    if step < config.tower_steps:
        return config.lr * min(1.0, (step + 1) / config.warmup)
    step -= config.tower_steps
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.lr * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)


def _optimizer(learner: torch.nn.Module, config: TrainPocketConfig) -> torch.optim.AdamW:
    matrices = [weight for weight in learner.parameters() if weight.ndim >= 2]
    vectors = [weight for weight in learner.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.98))


def _identity(config: TrainPocketConfig) -> dict[str, str]:
    """What decides the weights; the folder, the device and how often to save do not."""
    return {name: str(value) for name, value in asdict(config).items() if name not in {"out", "device", "save_every"}}


def _save(config: TrainPocketConfig, learner: torch.nn.Module, optimizer: torch.optim.AdamW, step: int) -> None:
    state = {
        "step": step,
        "config": _identity(config),
        "learner": learner.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    partial = config.out / "checkpoint.partial"
    torch.save(state, partial)
    partial.replace(config.out / "checkpoint.pt")  # renamed when complete: a kill never leaves half a checkpoint


def _resume(config: TrainPocketConfig, learner: torch.nn.Module, optimizer: torch.optim.AdamW) -> int:
    path = config.out / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, map_location=config.device, weights_only=True)
    if state["config"] != _identity(config):
        raise RunError(f"{path} was made with other flags ({state['config']}): use them again, or another --out.")
    learner.load_state_dict(state["learner"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


if __name__ == "__main__":
    print(train(tyro.cli(TrainPocketConfig)))
