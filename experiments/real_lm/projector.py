"""The projector's start: image tokens that lie near the words of what is shown, as CLIP would put them there.

The language model takes no part: features of the frozen tower are computed once, and the projector is trained alone to
tell a photo's product from all others by the mean embedding of the name's tokens. It takes seconds, where the language
model would need hours to teach its projector the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from transformers import AutoModelForImageTextToText, AutoProcessor

from photos import Photo

STEPS = 200
BATCH = 32
RATE = 2e-3
TEMPERATURE = 0.05
"""By which cosines are divided."""


def align(folder: Path, root: Path, photos: Sequence[Photo], *, seed: int = 0) -> float:
    """Train the projector of the model in `folder` on photos with names, and write the model back.

    Returns the share of these photos whose product's name lies nearest.
    """
    model: Any = AutoModelForImageTextToText.from_pretrained(folder)
    processor: Any = AutoProcessor.from_pretrained(folder)
    names = sorted({photo.product for photo in photos})
    words_PD = normalize(embedded(model, processor, names), dim=-1)
    features_NTC = encode(model, processor, root, photos)
    truth_N = torch.tensor([names.index(photo.product) for photo in photos])
    torch.manual_seed(seed)
    projector, length = model.model.multi_modal_projector, _usual_length(model)
    _train(projector, features_NTC, truth_N, words_PD, length)
    with torch.no_grad():
        found_N = (_pooled(projector(features_NTC)) @ words_PD.T).argmax(dim=-1)
    model.save_pretrained(folder)
    return (found_N == truth_N).float().mean().item()


@torch.no_grad()
def embedded(model: Any, processor: Any, names: Sequence[str]) -> Tensor:
    """The mean embedding of each name's tokens."""
    table = model.get_input_embeddings()
    ids = (processor.tokenizer(f" {name}", return_tensors="pt").input_ids[0] for name in names)
    return torch.stack([table(one).mean(0) for one in ids])


@torch.no_grad()
def encode(model: Any, processor: Any, root: Path, photos: Sequence[Photo]) -> Tensor:
    """What the tower sees: (photos, image tokens, channels)."""
    rows = []
    for start in range(0, len(photos), BATCH):
        pictures = [Image.open(root / photo.image).convert("RGB") for photo in photos[start : start + BATCH]]
        pixels = processor.image_processor(pictures, return_tensors="pt")["pixel_values"]
        rows.append(model.model.vision_tower(pixels).last_hidden_state.flatten(2).transpose(1, 2))
    return torch.cat(rows)


def _train(projector: nn.Module, features_NTC: Tensor, truth_N: Tensor, words_PD: Tensor, length: float) -> None:
    """Each step: tell products apart, and keep tokens as long as those of words."""
    optimiser = torch.optim.AdamW(projector.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    for _ in range(STEPS):
        chosen_B = torch.randint(len(truth_N), (BATCH,))
        tokens_BTD = projector(features_NTC[chosen_B])
        loss = cross_entropy(_pooled(tokens_BTD) @ words_PD.T / TEMPERATURE, truth_N[chosen_B])
        loss = loss + (tokens_BTD.norm(dim=-1) / length - 1).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _pooled(tokens_NTD: Tensor) -> Tensor:
    return normalize(tokens_NTD.mean(dim=1), dim=-1)


def _usual_length(model: Any) -> float:
    """Of a word's embedding."""
    return float(model.get_input_embeddings().weight.detach().norm(dim=-1).mean())
