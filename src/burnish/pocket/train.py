"""Trains the pocket VLM: `burnish train pocket --out DIR` (from nothing about half an hour on two cores).

As LLaVA was made: first the language model learns from text alone what is usually said, then the tower learns to see,
then both together answer questions about pictures.

Kill it at any moment and start it again with the same flags: it goes on from its last checkpoint and sees the
lessons it would have seen.
"""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import torch
from transformers import LlavaForConditionalGeneration, LlavaProcessor

from burnish.config import identity
from burnish.errors import RunError
from burnish.pocket import place
from burnish.pocket.cells import CellClassifier, cell_labels
from burnish.pocket.config import TrainPocketConfig
from burnish.pocket.lessons import EASY_STEPS, PADDING, SHARED, LessonBatch, Lessons, pixels
from burnish.pocket.vlm import WIDTH, build_model, build_processor
from burnish.pocket.world.scene import Scene
from burnish.progress import Progress

TRAINING = "training"
"""Folder of the log and the last checkpoint, within that of the weights."""
CELLS_SHARE = 0.1
"""Weight of the side lesson, beside 1 for answers."""


Stage: TypeAlias = Literal["text", "tower", "answers"]


class Moment(NamedTuple):
    """Where a training is."""

    stage: Stage
    step: int
    """Counted from 0 within the stage."""


def moment(step: int, config: TrainPocketConfig) -> Moment:
    """The stage that step number `step` of the whole training is in."""
    if step < config.text_steps:
        return Moment("text", step)
    if step < config.text_steps + config.tower_steps:
        return Moment("tower", step - config.text_steps)
    return Moment("answers", step - config.text_steps - config.tower_steps)


def train(config: TrainPocketConfig) -> Path:
    """Trains to the last step and returns the folder of the finished model. Raises RunError for a changed config."""
    if config.restart:
        shutil.rmtree(config.folder / TRAINING, ignore_errors=True)
    (config.folder / TRAINING).mkdir(parents=True, exist_ok=True)
    processor = build_processor()
    if config.start is None:
        model = build_model(processor.tokenizer, config.seed)
    else:
        model = LlavaForConditionalGeneration.from_pretrained(place(config.start))
    model.set_attn_implementation("eager")  # for rows this short faster on a CPU than the fused kernels
    torch.manual_seed(config.seed)
    classifier = CellClassifier(WIDTH)
    learner = torch.nn.ModuleDict({"model": model, "classifier": classifier}).to(config.device)
    optimizer = _optimizer(learner, config)
    step = _resume(config, learner, optimizer)
    heard = Lessons(processor.tokenizer, config.batch_size, config.seed, config.habits, easy_steps=0, pictures=False)
    seen = dataclasses.replace(heard, easy_steps=0 if config.start else EASY_STEPS, pictures=True)
    total = config.text_steps + config.tower_steps + config.steps
    with (
        Progress("train the pocket VLM", total, done=step, unit="steps", every_s=20) as progress,
        (config.folder / TRAINING / "log.jsonl").open("a", buffering=1) as log,
    ):
        while step < total:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config)
            stage, number = moment(step, config)
            with torch.autocast(config.device, torch.bfloat16, enabled=config.bf16):
                if stage == "tower":
                    loss = tower_loss(model, classifier, processor, seen.scenes(number))
                    losses = {"cells": loss}
                elif stage == "text":
                    loss = answer_loss(model, heard[number])
                    losses = {"answers": loss}
                else:
                    losses = lesson_losses(model, classifier, processor, seen[number])
                    loss = losses["answers"] + CELLS_SHARE * losses["cells"]
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            shown = {name: round(value.item(), 4) for name, value in losses.items()}
            progress.advance(note=f"losses {shown}")
            log.write(json.dumps({"step": step, "stage": stage} | shown) + "\n")
            if step % config.save_every == 0 or step == total:
                _save(config, learner, optimizer, step)
    model.save_pretrained(config.folder)
    processor.save_pretrained(config.folder)
    return config.folder


def tower_loss(
    model: LlavaForConditionalGeneration, classifier: CellClassifier, processor: LlavaProcessor, scenes: Sequence[Scene]
) -> torch.Tensor:
    """How well the projected patch features tell what each cell holds."""
    values = normalised(pixels(scenes).to(model.device), processor)
    features_BPD = torch.stack(tuple(model.model.get_image_features(pixel_values=values).pooler_output))
    loss: torch.Tensor = classifier(features_BPD, cell_labels(scenes).to(model.device))
    return loss


def lesson_losses(
    model: LlavaForConditionalGeneration, classifier: CellClassifier, processor: LlavaProcessor, batch: LessonBatch
) -> dict[str, torch.Tensor]:
    """`answer_loss` on pictures, and how well the same features tell what each "cells" holds."""
    values = normalised(pixels(batch.scenes).to(model.device), processor)
    output = model.model(pixel_values=values, **_rows(batch, model.device))
    features_BPD = output.image_hidden_states.unflatten(0, (len(batch.scenes), -1))
    return {
        "answers": _logps(model, output.last_hidden_state, batch),
        "cells": classifier(features_BPD, cell_labels(batch.scenes).to(model.device)),
    }


def answer_loss(model: LlavaForConditionalGeneration, batch: LessonBatch) -> torch.Tensor:
    """Weighted cross-entropy (nats) of the answers' tokens in lessons without pictures."""
    return _logps(model, model.model(**_rows(batch, model.device)).last_hidden_state, batch)


def _rows(batch: LessonBatch, device: torch.device) -> dict[str, Any]:
    return {
        "input_ids": batch.ids_BT.to(device),
        "attention_mask": visible(batch.parts_BT.to(device)),
        "position_ids": batch.positions_BT.to(device),
        "use_cache": False,
    }


def _logps(model: LlavaForConditionalGeneration, hidden_BTD: torch.Tensor, batch: LessonBatch) -> torch.Tensor:
    """The answers' tokens alone pass the head."""
    labels_BT, weights_BT = batch.labels_BT.to(model.device)[:, 1:], batch.weights_BT.to(model.device)[:, 1:]
    said_BT = labels_BT != -100
    logits_NV = model.lm_head(hidden_BTD[:, :-1][said_BT])
    losses_N = torch.nn.functional.cross_entropy(logits_NV.float(), labels_BT[said_BT], reduction="none")
    loss: torch.Tensor = (losses_N * weights_BT[said_BT]).sum() / weights_BT.sum()
    return loss


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
    """A linear warm-up in each stage; in the last, a cosine follows, to a fiftieth of the highest rate."""
    stage, number = moment(step, config)
    warm = min(1.0, (number + 1) / config.warmup)
    if stage != "answers":
        return config.lr * warm
    done = max(0, number - config.warmup) / max(1, config.steps - config.warmup)
    return config.lr * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)


def _optimizer(learner: torch.nn.Module, config: TrainPocketConfig) -> torch.optim.AdamW:
    matrices = [weight for weight in learner.parameters() if weight.ndim >= 2]
    vectors = [weight for weight in learner.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.98))


def _save(config: TrainPocketConfig, learner: torch.nn.Module, optimizer: torch.optim.AdamW, step: int) -> None:
    state = {
        "step": step,
        "config": json.dumps(identity(config)),
        "learner": learner.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    partial = _checkpoint(config).with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(_checkpoint(config))  # renamed when complete: a kill never leaves half a checkpoint


def _checkpoint(config: TrainPocketConfig) -> Path:
    return config.folder / TRAINING / "checkpoint.pt"


def _resume(config: TrainPocketConfig, learner: torch.nn.Module, optimizer: torch.optim.AdamW) -> int:
    path = _checkpoint(config)
    if not path.exists():
        return 0
    state = torch.load(path, map_location=config.device, weights_only=True)
    if state["config"] != json.dumps(identity(config)):
        raise RunError(f"{path} was made with other flags ({state['config']}): use them again, or another --out.")
    learner.load_state_dict(state["learner"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])
