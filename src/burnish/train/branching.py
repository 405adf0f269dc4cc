"""Whether a model can read a tree of tokens as one sequence, each token attending to its own way back alone.

That takes an attention mask and positions of our own making. A model may need more than that: positions in three
dimensions, windows that are counted in places of the sequence, pictures whose tokens attend to one another. Such a
model, and any that is not known to be free of it, reads every branch as a sequence of its own.
"""

from __future__ import annotations

import inspect
from typing import Any

from transformers import PreTrainedModel

FLEX = "flex_attention"
"""transformers' name for FlexAttention."""
_STEADY_ROPES = frozenset({"default", "linear", "llama3", "yarn"})
"""Kinds of rotary positions in which a token's angle depends on its own position alone."""
_MARKS_OF_OTHER_MASKS = ("token_type_ids", "mm_token_type_ids", "cross_attention_mask")
"""Inputs of a model that makes a mask of its own out of them."""


def why_unbranched(model: PreTrainedModel) -> str:
    """Why the model cannot read branches, in a few words; empty where it can."""
    config: Any = model.config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or {}
    layers = getattr(config, "layer_types", None) or []
    asked = inspect.signature(model.forward).parameters
    reasons = {
        "its code is not transformers' own": not type(model).__module__.startswith("transformers."),
        f"its attention is computed by {config._attn_implementation}": config._attn_implementation
        not in ("sdpa", FLEX),
        "its positions are not rotary, or not of one dimension": (
            rope.get("rope_type") not in _STEADY_ROPES
            or "mrope_section" in rope
            or any(hasattr(module, "get_rope_index") for module in model.modules())
        ),
        "some of its layers do not attend to all that stands before": (
            any(kind != "full_attention" for kind in layers)
            or (not layers and getattr(config, "sliding_window", None) is not None)
        ),
        "it masks attention by kinds of tokens": any(name in asked for name in _MARKS_OF_OTHER_MASKS),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
