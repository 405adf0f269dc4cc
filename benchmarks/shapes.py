"""Small random models in the shapes of families that people train, each with 576 image tokens for a picture.

    python benchmarks/shapes.py OUT [--family llava] [--width 256] [--layers 4]

They know nothing, but cost memory and time in the proportions of the real ones and take the same code path: the
library's own models and processors, towers whose patches are merged as the real ones' are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal, NamedTuple

import torch
import transformers
import tyro
from transformers import PreTrainedTokenizerFast

import llava_shaped
from burnish.pocket.vlm import CHAT_TEMPLATE, build_tokenizer
from burnish.pocket.vocabulary import IMAGE

Name = Literal["llava", "qwen2_5_vl", "qwen3_vl", "gemma3", "internvl"]
IMAGE_TOKENS: Final = 576
_SIDE: Final = 24
"""Image tokens in a row of them."""
_HEAD_WIDTH: Final = 64
_LIBRARY: Any = transformers


@dataclass(frozen=True)
class Shape:
    """How small the model is; what a picture takes is always the same."""

    out: tyro.conf.Positional[str]
    """Folder that gets the checkpoint."""
    family: Name = "llava"
    """Whose shape."""
    width: int = 256
    """Hidden size of both towers."""
    layers: int = 4
    """Layers of each tower."""
    vocabulary: int | None = None
    """Rows of the output head, such as Qwen's 151,936; default: as many as the pocket VLM's words."""
    seed: int = 0
    """Seed of the random weights."""


class Family(NamedTuple):
    """How a family's model is built, and what its tower reads."""

    build: Callable[[Shape], tuple[Any, Any]]
    """Model and processor."""
    patches: int
    """Tokens that the vision tower reads for a picture."""
    gated: bool = False
    """Whether the tower's feed-forward network has three matrices."""


def save(shape: Shape) -> None:
    """Build the model and its processor, and save both under `shape.out`."""
    torch.manual_seed(shape.seed)
    for one in FAMILIES[shape.family].build(shape):
        one.save_pretrained(shape.out)


def _llava(shape: Shape) -> tuple[Any, Any]:
    return llava_shaped.build(llava_shaped.Shape(shape.out, shape.width, shape.layers, shape.seed))


def _qwen(kind: str, patch: int, vision: Mapping[str, Any], text: Mapping[str, Any]) -> Callable[[Shape], Any]:
    marks = {f"{name}_token": f"<|{name}|>" for name in ("image", "video", "vision_start", "vision_end")}

    def build(shape: Shape) -> tuple[Any, Any]:
        tokenizer = _tokenizer(**marks)
        tower = {
            "depth": shape.layers,
            "hidden_size": shape.width,
            "out_hidden_size": shape.width,
            "intermediate_size": 4 * shape.width,
            "num_heads": shape.width // _HEAD_WIDTH,
            "patch_size": patch,
        }
        config = getattr(_LIBRARY, f"{kind}Config")(
            vision_config={**tower, **vision},
            text_config={**_text(shape, tokenizer), **text},
            **{f"{name}_id": tokenizer.convert_tokens_to_ids(mark) for name, mark in marks.items()},
        )
        pixels = (2 * patch * _SIDE) ** 2
        size = {"shortest_edge": pixels, "longest_edge": pixels}
        video = "qwen2_vl" if kind == "Qwen2_5_VL" else "qwen3_vl"
        name = {"qwen2_vl": "Qwen2VL", "qwen3_vl": "Qwen3VL"}[video]
        processor = getattr(_LIBRARY, f"{kind}Processor")(
            _part("qwen2_vl.image_processing_qwen2_vl", "Qwen2VLImageProcessor")(patch_size=patch, size=size),
            tokenizer,
            _part(f"{video}.video_processing_{video}", f"{name}VideoProcessor")(patch_size=patch, size=size),
            chat_template=_template("<|vision_start|><|image|><|vision_end|>"),
        )
        return getattr(_LIBRARY, f"{kind}ForConditionalGeneration")(config), processor

    return build


def _gemma3(shape: Shape) -> tuple[Any, Any]:
    marks = {"image_token": "<image_soft_token>", "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>"}
    tokenizer = _tokenizer(**marks)
    layers = ["full_attention" if (i + 1) % 6 == 0 else "sliding_attention" for i in range(shape.layers - 1)]
    text = {"head_dim": _HEAD_WIDTH, "sliding_window": 1024, "layer_types": [*layers, "full_attention"]}
    patch = 14
    config = _LIBRARY.Gemma3Config(
        vision_config={**_tower(shape), "image_size": 2 * patch * _SIDE, "patch_size": patch, "vision_use_head": False},
        text_config={**_text(shape, tokenizer), **text},
        mm_tokens_per_image=IMAGE_TOKENS,
        **{f"{name}_index": tokenizer.convert_tokens_to_ids(mark) for name, mark in marks.items()},
    )
    side = {"height": 2 * patch * _SIDE, "width": 2 * patch * _SIDE}
    images = _part("gemma3.image_processing_gemma3", "Gemma3ImageProcessor")(size=side)
    template = _template("<start_of_image>")
    processor = _LIBRARY.Gemma3Processor(images, tokenizer, template, image_seq_length=IMAGE_TOKENS)
    return _LIBRARY.Gemma3ForConditionalGeneration(config), processor


def _internvl(shape: Shape) -> tuple[Any, Any]:
    named = {"start_image_token": "<img>", "end_image_token": "</img>", "video_token": "<video>"}
    tokenizer = _tokenizer(context_image_token="<IMG_CONTEXT>", **named)
    patch = 14
    side = 2 * patch * _SIDE
    config = _LIBRARY.InternVLConfig(
        vision_config={**_tower(shape), "image_size": [side, side], "patch_size": [patch, patch]},
        text_config={"model_type": "qwen2", **_text(shape, tokenizer)},
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=IMAGE_TOKENS,
    )
    images = _part("got_ocr2.image_processing_got_ocr2", "GotOcr2ImageProcessor")
    videos = _part("internvl.video_processing_internvl", "InternVLVideoProcessor")
    size = {"height": side, "width": side}
    processor = _LIBRARY.InternVLProcessor(
        images(size=size, crop_to_patches=False),
        tokenizer,
        videos(size=size),
        image_seq_length=IMAGE_TOKENS,
        chat_template=_template("<IMG_CONTEXT>"),
    )
    return _LIBRARY.InternVLForConditionalGeneration(config), processor


_QWEN2_5 = {"window_size": 112, "fullatt_block_indexes": [3]}
_QWEN3 = {"deepstack_visual_indexes": [0, 1, 2], "num_position_embeddings": 48**2}
_AXES = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 8, 8]}
FAMILIES: Mapping[Name, Family] = {
    "llava": Family(_llava, IMAGE_TOKENS + 1),
    "qwen2_5_vl": Family(_qwen("Qwen2_5_VL", 14, _QWEN2_5, {"rope_parameters": _AXES}), 4 * IMAGE_TOKENS, gated=True),
    "qwen3_vl": Family(
        _qwen(
            "Qwen3VL",
            16,
            _QWEN3,
            {"head_dim": _HEAD_WIDTH, "rope_parameters": {**_AXES, "mrope_interleaved": True}},
        ),
        4 * IMAGE_TOKENS,
    ),
    "gemma3": Family(_gemma3, 4 * IMAGE_TOKENS),
    "internvl": Family(_internvl, 4 * IMAGE_TOKENS + 1),
}


def _part(module: str, name: str) -> Any:
    return getattr(import_module(f"transformers.models.{module}"), name)


def _tokenizer(**named: str) -> PreTrainedTokenizerFast:
    """The pocket VLM's words, with the family's marks beside them."""
    words = build_tokenizer()
    return PreTrainedTokenizerFast(
        tokenizer_object=words.backend_tokenizer,
        bos_token=words.bos_token,
        eos_token=words.eos_token,
        pad_token=words.pad_token,
        extra_special_tokens=named,
        padding_side="left",
    )


def _template(mark: str) -> str:
    return CHAT_TEMPLATE.replace(IMAGE, mark)


def _text(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    heads = shape.width // _HEAD_WIDTH
    return {
        **_tower(shape),
        "num_key_value_heads": heads,
        "vocab_size": shape.vocabulary or len(tokenizer),
        "max_position_embeddings": 4096,
        "initializer_range": shape.width**-0.5,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _tower(shape: Shape) -> dict[str, Any]:
    return {
        "hidden_size": shape.width,
        "intermediate_size": 4 * shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.width // _HEAD_WIDTH,
    }


if __name__ == "__main__":
    save(tyro.cli(Shape))
