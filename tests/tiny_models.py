"""Small random models of real architectures, with real processors, built without a network.

Each builder makes the model and processor in memory; `tiny_llava(path)` saves a complete checkpoint. The text model
speaks bytes, so that any text can be asked and any answer read back. Weights are large enough for answers to depend on
picture and question, and some bytes end an answer too, so that answers have different lengths.

Processors of Qwen2.5-VL and InternVL demand a video processor, which needs torchvision. Here they are told that
they have none: everything else is the library's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPVisionConfig,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    InternVLConfig,
    InternVLForConditionalGeneration,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaNextConfig,
    LlavaNextForConditionalGeneration,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Config,
)
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
from transformers.models.internvl.processing_internvl import InternVLProcessor
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.llava.processing_llava import LlavaProcessor
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
from transformers.models.llava_next.processing_llava_next import LlavaNextProcessor
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

WIDTH = 32
PICTURE = 28
PATCH = 7
"""A square picture of 28 pixels gives 4 x 4 patches."""
OTHER_ENDS = tuple(range(2, 256, 12))
"""Bytes that end an answer beside the end token, as some checkpoints have several end tokens."""

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['role'] | upper }}: "
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}IMAGE_MARK\n{% else %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{% if message['role'] == 'assistant' %}{{ eos_token }}{% else %} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def picture(seed: int, width: int = 40, height: int = 28) -> Image.Image:
    """A random RGB picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def tiny_llava(path: Path) -> Path:
    """Save a LLaVA-1.5-shaped checkpoint with processor and chat template under `path`."""
    return saved(llava(), path)


def saved(built: tuple[Any, Any], path: Path) -> Path:
    """Save a model and its processor as one checkpoint under `path`."""
    for part in built:
        part.save_pretrained(path)
    return path


def llava() -> tuple[Any, Any]:
    """LLaVA-1.5: a CLIP tower, 16 image tokens."""
    tokenizer = byte_tokenizer(image_token="<image>")
    config = LlavaConfig(
        vision_config=_clip(), text_config=_llama(tokenizer), image_token_id=tokenizer.convert_tokens_to_ids("<image>")
    )
    images = LlavaImageProcessorPil(size={"shortest_edge": PICTURE}, crop_size={"height": PICTURE, "width": PICTURE})
    processor = LlavaProcessor(
        images,
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat_template("<image>"),
    )
    return _random(LlavaForConditionalGeneration, config, tokenizer), processor


def llava_with_windows() -> tuple[Any, Any]:
    """LLaVA on a text model whose tokens see the 32 before them alone, fewer than a prompt has."""
    model, processor = llava()
    tokenizer = processor.tokenizer
    text_config = MistralConfig(**text_sizes(tokenizer), sliding_window=32)
    config = LlavaConfig(vision_config=_clip(), text_config=text_config, image_token_id=model.config.image_token_id)
    return _random(LlavaForConditionalGeneration, config, tokenizer), processor


def llava_next() -> tuple[Any, Any]:
    """LLaVA-NeXT: the picture and its tiles, as many as its shape asks for."""
    tokenizer = byte_tokenizer(image_token="<image>")
    pinpoints = [[PICTURE, 2 * PICTURE], [2 * PICTURE, PICTURE], [2 * PICTURE, 2 * PICTURE]]
    config = LlavaNextConfig(
        vision_config=_clip(),
        text_config=_llama(tokenizer),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=pinpoints,
    )
    images = LlavaNextImageProcessorPil(
        size={"shortest_edge": PICTURE},
        crop_size={"height": PICTURE, "width": PICTURE},
        image_grid_pinpoints=pinpoints,
    )
    processor = LlavaNextProcessor(
        images,
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat_template("<image>"),
    )
    return _random(LlavaNextForConditionalGeneration, config, tokenizer), processor


def qwen2_5_vl() -> tuple[Any, Any]:
    """Qwen2.5-VL: native resolution, flattened patches, three-dimensional positions."""
    tokenizer = byte_tokenizer(
        image_token="<|image_pad|>",
        video_token="<|video_pad|>",
        vision_start_token="<|vision_start|>",
        vision_end_token="<|vision_end|>",
    )
    config = Qwen2_5_VLConfig(
        vision_config={
            "depth": 2,
            "hidden_size": WIDTH,
            "out_hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_heads": 2,
            "patch_size": PATCH,
            "window_size": 4 * PATCH,
            "fullatt_block_indexes": [1],
            "spatial_merge_size": 2,
        },
        text_config={
            **text_sizes(tokenizer),
            "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 1, 1]},
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|vision_end|>"),
    )
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH, size={"shortest_edge": (2 * PATCH) ** 2, "longest_edge": 16 * (2 * PATCH) ** 2}
    )
    template = chat_template("<|vision_start|><|image_pad|><|vision_end|>")
    processor = PicturesOnlyQwenProcessor(images, tokenizer, chat_template=template)
    return _random(Qwen2_5_VLForConditionalGeneration, config, tokenizer), processor


def idefics3() -> tuple[Any, Any]:
    """Idefics3, the architecture of SmolVLM: tiles with row and column marks, and a mask over pixels."""
    marks = [f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)]
    tokenizer = byte_tokenizer(
        "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", *marks, image_token="<image>"
    )
    config = Idefics3Config(
        vision_config={
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": PICTURE,
            "patch_size": PATCH,
        },
        text_config=_llama(tokenizer).to_dict(),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=tokenizer.pad_token_id,
    )
    images = Idefics3ImageProcessorPil(size={"longest_edge": 2 * PICTURE}, max_image_size={"longest_edge": PICTURE})
    processor = Idefics3Processor(images, tokenizer, image_seq_len=4, chat_template=chat_template("<image>"))
    return _random(Idefics3ForConditionalGeneration, config, tokenizer), processor


def internvl() -> tuple[Any, Any]:
    """InternVL: tiles and pixel shuffle."""
    tokenizer = byte_tokenizer(
        start_image_token="<img>",
        end_image_token="</img>",
        context_image_token="<IMG_CONTEXT>",
        video_token="<video>",
    )
    config = InternVLConfig(
        vision_config={
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": [PICTURE, PICTURE],
            "patch_size": [PATCH, PATCH],
        },
        text_config=Qwen2Config(**text_sizes(tokenizer)),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    images = GotOcr2ImageProcessorPil(
        size={"height": PICTURE, "width": PICTURE}, crop_to_patches=True, min_patches=1, max_patches=4
    )
    template = chat_template("<IMG_CONTEXT>")
    processor = PicturesOnlyInternVLProcessor(images, tokenizer, image_seq_length=4, chat_template=template)
    return _random(InternVLForConditionalGeneration, config, tokenizer), processor


FAMILIES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "llava": llava,
    "llava_next": llava_next,
    "qwen2_5_vl": qwen2_5_vl,
    "idefics3": idefics3,
    "internvl": internvl,
}
QUICK = ("llava", "qwen2_5_vl")
"""With one position for each token, and with three."""


def some(*names: str, quick: Collection[str] = (*QUICK, "pocket")) -> list[Any]:
    """These families, or all of `FAMILIES`, for what is tested with each: but for the quick ones as slow tests."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names or FAMILIES]


class PicturesOnlyQwenProcessor(Qwen2_5_VLProcessor):
    """Qwen2.5-VL's processor without its video processor."""

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: str | None = None) -> None:
        super().__init__(image_processor, tokenizer, None, chat_template=chat_template)


class PicturesOnlyInternVLProcessor(InternVLProcessor):
    """InternVL's processor without its video processor."""

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        image_seq_length: int = 4,
        chat_template: str | None = None,
    ) -> None:
        super().__init__(
            image_processor, tokenizer, None, image_seq_length=image_seq_length, chat_template=chat_template
        )


def byte_tokenizer(*specials: str, **named: str) -> PreTrainedTokenizerFast:
    letters = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=letters, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        extra_special_tokens=dict(named),
    )
    wrapped.add_tokens(list(specials), special_tokens=True)
    return wrapped


def chat_template(image_mark: str) -> str:
    return CHAT_TEMPLATE.replace("IMAGE_MARK", image_mark)


def _clip() -> CLIPVisionConfig:
    return CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=PICTURE,
        patch_size=PATCH,
    )


def _llama(tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(**text_sizes(tokenizer))


def text_sizes(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _random(architecture: Any, config: Any, tokenizer: PreTrainedTokenizerFast) -> Any:
    torch.manual_seed(0)
    model = architecture(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, *OTHER_ENDS]
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model
