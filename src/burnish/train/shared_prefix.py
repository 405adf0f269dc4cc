"""Whether a model can read a tree of tokens as one sequence, each token attending to its own way back alone.

That takes attention masks and positions of our own making: a mask for each kind of attention layer, since windows are
counted along the way and a picture's tokens may see one another, and positions in as many axes as the model has. Layers
that keep a state are handed branch after branch (`states`). A model that needs more, and any that is not known to be
free of it, reads every branch as a sequence of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from torch import Tensor
from transformers import PreTrainedModel

from burnish.errors import ConfigError
from burnish.train.states import state_kinds

FLEX = "flex_attention"
"""transformers' name for FlexAttention."""
ALL_LAYERS: Final = ""
"""The one kind of layer of a model whose layers all take the same mask."""
_FULL, _SLIDING = "full_attention", "sliding_attention"
_STEADY_ROPES = frozenset({"default", "linear", "llama3", "yarn", "proportional"})
"""Kinds of rotary positions in which a token's angle depends on its own position alone."""
_WINDOWED = frozenset({"mistral", "mixtral", "phi3", "starcoder2"})
"""Language models that know no kinds of layers: each of them has the configuration's window, if it has one."""
_TYPES = ("token_type_ids", "mm_token_type_ids")
"""Inputs out of which a model makes a mask of its own, or positions."""


Together: TypeAlias = Literal["", "a picture", "all pictures", "the prompt"]
"""Tokens that see one another, later ones too: none, each picture's, those of all pictures, all of the prompt's."""

SLICED: Final[frozenset[Together]] = frozenset({"", "a picture"})
"""With these, slices of keys are all that a token sees."""
_KNOWN_TOGETHER: Final[Mapping[str, Mapping[str, Together]]] = {
    "gemma3": {_FULL: "a picture", _SLIDING: "a picture"},
    "gemma4": {},  # by its size
    "molmo2": {ALL_LAYERS: "all pictures"},
    "paligemma": {ALL_LAYERS: "the prompt"},
}
"""Models that make masks out of kinds of tokens, and what becomes of them in each kind of layer."""


class Attention(NamedTuple):
    """What layers of one kind see of a token's way back, and beside it."""

    window: int | None = None
    """Only tokens that are fewer positions away; None for all."""
    together: Together = ""


def use_flex(model: PreTrainedModel) -> None:
    """Compute the language model's attention by FlexAttention. Raises ConfigError where transformers cannot."""
    try:
        model.set_attn_implementation({"text_config": FLEX})
    except ValueError as error:
        raise ConfigError(
            f"--attention flex: transformers does not support it for {model.config.model_type}: take --attention sdpa."
        ) from error


def attention_kinds(model: PreTrainedModel) -> Mapping[str, Attention]:
    """The kinds of attention layers by the names in the model's configuration; `ALL_LAYERS` alone where all are equal.

    Layers with a state are none of them. Raises KeyError for a kind that cannot be read by a mask.
    """
    config: Any = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    kinds = dict.fromkeys(getattr(config, "layer_types", None) or ())
    together = _together(model)
    if not kinds:
        return {ALL_LAYERS: Attention(window, together.get(ALL_LAYERS, ""))}
    known = {
        _FULL: Attention(None, together.get(_FULL, "")),
        _SLIDING: Attention(window, together.get(_SLIDING, "")),
    }
    found = {kind: known[kind] for kind in kinds if kind not in state_kinds(model)}
    return {ALL_LAYERS: found.popitem()[1]} if len(kinds) == 1 else found


def attention_width(config: Any) -> int:
    """Of all query heads of a layer together, by the language model's configuration."""
    heads: int = config.num_attention_heads
    return heads * (getattr(config, "head_dim", None) or config.hidden_size // heads)


def _together(model: PreTrainedModel) -> Mapping[str, Together]:
    """By kind of layer, for the models of which it is known; nothing for one whose tokens see their way back alone."""
    if model.config.model_type == "gemma4":
        both = getattr(model.config.get_text_config(), "use_bidirectional_attention", None)
        return {_SLIDING: "a picture"} if both == "vision" else {}
    return _KNOWN_TOGETHER.get(model.config.model_type, {})


def why_unbranched(model: PreTrainedModel) -> str:
    """Why the model cannot read branches, in a few words; empty where it can."""
    config: Any = model.config.get_text_config()
    reasons = {
        "its code is not transformers' own": not type(model).__module__.startswith("transformers."),
        f"its attention is computed by {config._attn_implementation}": config._attn_implementation
        not in ("sdpa", FLEX),
        "its positions are not rotary, or not known from a token's place": not (
            _is_steady(config) and _is_placed(model)
        ),
        "some of its layers keep a state, or attend by rules of their own": not _has_known_layers(model),
        "it masks attention by kinds of tokens": _has_other_masks(model),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _is_steady(config: Any) -> bool:
    """Whether the rotary positions, each kind of layer's own where they differ, are steady."""
    rope = getattr(config, "rope_parameters", None) or {}
    each = [rope] if "rope_type" in rope else list(rope.values())
    return bool(each) and all(isinstance(one, Mapping) and one.get("rope_type") in _STEADY_ROPES for one in each)


def own_positions(model: PreTrainedModel) -> Callable[..., tuple[Tensor, ...]] | None:
    """How the model places tokens in several axes; None for one that only counts them."""
    index: Callable[..., tuple[Tensor, ...]] | None = getattr(model.base_model, "get_rope_index", None)
    return index


def _is_placed(model: PreTrainedModel) -> bool:
    """Whether tokens are counted, or the model places them by kinds of tokens that the batch has."""
    if index := own_positions(model):
        return "mm_token_type_ids" in inspect.signature(index).parameters
    rope = getattr(model.config.get_text_config(), "rope_parameters", None) or {}
    return "mrope_section" not in rope and not any(hasattr(module, "get_rope_index") for module in model.modules())


def _has_known_layers(model: PreTrainedModel) -> bool:
    config: Any = model.config.get_text_config()
    if kinds := getattr(config, "layer_types", None):
        return {_FULL, _SLIDING, *state_kinds(model)}.issuperset(kinds)
    return getattr(config, "sliding_window", None) is None or config.model_type in _WINDOWED


def _has_other_masks(model: PreTrainedModel) -> bool:
    """Whether kinds of tokens decide about more than is known of the model, or than positions in several axes."""
    asked = inspect.signature(model.forward).parameters
    known = _KNOWN_TOGETHER.get(model.config.model_type)
    kinds = getattr(model.config.get_text_config(), "layer_types", None)
    if known and bool(kinds) == (ALL_LAYERS in known):
        return True  # PaliGemma 2
    harmless = set(_TYPES) if known is not None else {_TYPES[1]} if own_positions(model) else set()
    return any(name in asked for name in {*_TYPES, "cross_attention_mask"} - harmless)
