"""The experiment with a real language model, brought within reach of tests: drawn photos, and a tiny random model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from transformers import LlamaConfig, LlamaForCausalLM

from tiny_models import OTHER_ENDS, byte_tokenizer, text_sizes

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments" / "real_lm"))

import model as parts
import photos as kinds

SHOP = {
    "Red Plum": ("Plum", "Fruit", (200, 20, 40)),
    "Blue Plum": ("Plum", "Fruit", (40, 20, 200)),
    "Lime": ("Lime", "Fruit", (60, 220, 40)),
    "Oat Milk": ("Milk", "Packages", (230, 230, 210)),
}
"""Category, group and colour of each product."""


def photos(root: Path) -> list[kinds.Photo]:
    """A folder of photos: five of each product to train on, one held out."""
    for split, count in (("train", 5), ("val", 1)):
        rows = [_photo(root, split, name, number) for name in SHOP for number in range(count)]
        (root / f"{split}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return kinds.read_photos(root / "train.jsonl")


def _photo(root: Path, split: str, product: str, number: int) -> dict[str, str]:
    category, group, color = SHOP[product]
    image = f"{split}-{product}-{number}.png"
    Image.new("RGB", (48, 40), tuple(max(0, part - 9 * number) for part in color)).save(root / image)
    known = {"image": image, "product": product, "category": category, "group": group}
    return {**known, "description": f"{product} is good. It is sold by the piece."}


def start(folder: Path) -> Path:
    """The experiment's model with a tiny language model, all weights random, large enough for pictures to matter."""
    tokenizer = byte_tokenizer()
    torch.manual_seed(0)
    language = LlamaForCausalLM(LlamaConfig(**text_sizes(tokenizer), tie_word_embeddings=True, initializer_range=0.2))
    joined, processor = parts.join(language, tokenizer)
    with torch.no_grad():
        joined.get_input_embeddings().weight.mul_(0.1)  # or a word would answer with itself
        for seeing in (joined.model.vision_tower, joined.model.multi_modal_projector):
            for weight in seeing.parameters():
                if weight.dim() > 1:
                    weight.normal_(std=(2 / weight[0].numel()) ** 0.5)
    joined.generation_config.eos_token_id = [tokenizer.eos_token_id, *OTHER_ENDS]
    joined.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
