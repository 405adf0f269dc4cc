"""Whether a model of a family that Burnish does not know answers in batches as alone: tried when it is opened.

The families in docs/models.md are tested, so they are not tried again; `burnish check` tries any model, and more of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from PIL import Image

from burnish.errors import RequestError
from burnish.models.base import Message
from burnish.models.continuous_batching import ReadPrompts
from burnish.models.encoding import Encoder
from burnish.models.prefix_cache import COARSE_ROUNDING, ROUNDING
from burnish.models.queue import Task

TESTED: Final = frozenset(
    {
        *("aya_vision", "cohere2_vision", "deepseek_vl", "gemma3", "gemma4", "glm4v", "glm4v_moe", "idefics2"),
        *("idefics3", "internvl", "janus", "kimi_k25", "lfm2_vl", "lighton_ocr", "llama4", "llava", "llava_next"),
        *("llava_onevision", "mistral3", "mllama", "molmo2", "ovis2", "paligemma", "perception_lm", "qwen2_5_vl"),
        *("qwen2_vl", "qwen3_5", "qwen3_5_moe", "qwen3_vl", "qwen3_vl_moe", "smolvlm", "video_llama_3"),
    }
)
"""Model types whose tiny models pass `burnish check` in the tests; a new one needs a builder there."""
_ASKED: Final = (((96, 64), "What is it?"), ((64, 128), "Which colour is the largest thing in this picture?"))
"""Width and height of a picture, and what is asked about it."""


def is_tested(network: Any) -> bool:
    """Whether the model's family is tested, and its code transformers' own."""
    own = type(network).__module__.startswith("transformers.models.")
    return own and network.config.model_type in TESTED


def reads_batches(network: Any, encoder: Encoder, read: ReadPrompts) -> bool:
    """Whether two questions about pictures of unlike shapes lead to the same next token's scores together as alone.

    True where the model takes no such question at all: each request will tell the reason.
    """
    try:
        tasks = [Task(request=number, encoding=encoder.encode(one)) for number, one in enumerate(_messages())]
    except RequestError:
        return True
    with torch.no_grad():
        alone = [_scores(read, [task]) for task in tasks]
        together_BV = _scores(read, tasks)
    known = [scores_1V for scores_1V in alone if scores_1V is not None]
    if together_BV is None or len(known) < len(alone):
        return len(known) < len(alone)
    alone_BV = torch.cat(known)
    difference = float((together_BV - alone_BV).abs().max() / alone_BV.abs().max())
    return difference < ROUNDING.get(network.dtype, COARSE_ROUNDING)


def _scores(read: Callable[[Sequence[Task]], Any], tasks: Sequence[Task]) -> torch.Tensor | None:
    """None where the model cannot take them so."""
    try:
        scores: torch.Tensor = read(tasks).logits_BV
    except (RuntimeError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return scores


def _messages() -> list[tuple[Message, ...]]:
    shades = (Image.linear_gradient("L"), Image.radial_gradient("L"))
    return [
        (Message(role="user", text=text, images=(shade.resize(size).convert("RGB"),)),)
        for shade, (size, text) in zip(shades, _ASKED, strict=True)
    ]
