"""The language model's matrices in four bits, as QLoRA has them (arXiv 2305.14314): NormalFloat, with its constants.

Vision tower, projector and output head keep their numbers.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForImageTextToText, BitsAndBytesConfig, PretrainedConfig

from burnish.errors import ConfigError


def four_bits(config: PretrainedConfig, compute: torch.dtype, *, trust_remote_code: bool) -> BitsAndBytesConfig:
    """How a model of this configuration is loaded. Raises ConfigError where bitsandbytes is not installed."""
    if find_spec("bitsandbytes") is None:
        raise ConfigError(
            "--load-in 4bit needs the package bitsandbytes: install it with pip install 'burnish[qlora]'."
        )
    if getattr(config, "quantization_config", None) is not None:
        raise ConfigError("--load-in 4bit quantises a model, and this one is quantised already: leave it out.")
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        llm_int8_skip_modules=_outside_language_model(config, trust_remote_code=trust_remote_code),
    )


def _outside_language_model(config: PretrainedConfig, *, trust_remote_code: bool) -> list[str]:
    with torch.device("meta"):
        model: Any = AutoModelForImageTextToText.from_config(config, trust_remote_code=trust_remote_code)
    within, head = {*model.get_decoder().modules()}, model.get_output_embeddings()
    layers = ((name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear))
    return [name for name, layer in layers if layer is head or layer not in within]
