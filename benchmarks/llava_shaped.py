"""Saves a small random model in LLaVA-1.5's exact shape: 336-pixel pictures, patches of 14, 576 image tokens.

    python benchmarks/llava_shaped.py OUT [--width 256] [--layers 4]

It knows nothing, but costs memory and time in the proportions of the real one, and takes the same code path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import tyro
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from burnish.pocket.vlm import CHAT_TEMPLATE, build_tokenizer

PICTURE, PATCH = 336, 14


@dataclass(frozen=True)
class Shape:
    """How small the model is; picture and patch sizes are always LLaVA-1.5's."""

    out: tyro.conf.Positional[str]
    """Folder that gets the checkpoint."""
    width: int = 256
    """Hidden size of both towers."""
    layers: int = 4
    """Layers of each tower."""
    seed: int = 0
    """Seed of the random weights."""


def save(shape: Shape) -> None:
    """Build the model and its processor, and save both under `shape.out`."""
    model, processor = build(shape)
    model.save_pretrained(shape.out)
    processor.save_pretrained(shape.out)
    print(f"{shape.out}: {model.num_parameters():,} parameters, {(PICTURE // PATCH) ** 2} image tokens")


def build(shape: Shape) -> tuple[LlavaForConditionalGeneration, LlavaProcessor]:
    """The model and its processor."""
    torch.manual_seed(shape.seed)
    tokenizer = build_tokenizer()
    processor = LlavaProcessor(
        # as llava-hf/llava-1.5-7b-hf: the shorter side to 336, then a centre crop
        image_processor=LlavaImageProcessorPil(
            size={"shortest_edge": PICTURE}, crop_size={"height": PICTURE, "width": PICTURE}
        ),
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )
    return LlavaForConditionalGeneration(_config(shape, tokenizer)), processor


def _config(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> LlavaConfig:
    sizes: dict[str, Any] = {
        "hidden_size": shape.width,
        "intermediate_size": 4 * shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.width // 64,
    }
    vision = CLIPVisionConfig(**sizes, image_size=PICTURE, patch_size=PATCH, initializer_factor=3.0)
    text = LlamaConfig(
        **sizes,
        vocab_size=len(tokenizer),
        max_position_embeddings=4096,
        initializer_range=shape.width**-0.5,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.vocab["<image>"],
        image_seq_length=(PICTURE // PATCH) ** 2,
    )


if __name__ == "__main__":
    save(tyro.cli(Shape))
