"""Which models may read branches: only those that are known to need no more than a mask and positions."""

from __future__ import annotations

import pytest

import families
import more_families
import tiny_models
from burnish.errors import ConfigError
from burnish.train.shared_prefix import ALL_LAYERS, Attention, attention_kinds, use_flex, why_unbranched

POSITIONS = "its positions are not rotary, or not known from a token's place"
LAYERS = "some of its layers keep a state, or attend by rules of their own"
MASKS = "it masks attention by kinds of tokens"
APART = {"mllama": MASKS, "llama4": LAYERS}
"""Of the families that people train, those that read branches apart, and why."""


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_families(family: str) -> None:
    model, _ = tiny_models.FAMILIES[family]()
    assert why_unbranched(model) == ""


@pytest.mark.parametrize("family", families.FAMILIES)
def test_families_of_today(family: str) -> None:
    model, _ = families.FAMILIES[family]()
    assert why_unbranched(model) == APART.get(family, "")


def test_the_kinds_of_layers_that_masks_are_made_for() -> None:
    gemma3, _ = more_families.gemma3()
    gemma4, _ = families.gemma4()
    mistral, _ = tiny_models.llava_with_windows()
    qwen, _ = families.qwen3_vl()
    assert attention_kinds(gemma3) == {
        "sliding_attention": Attention(window=16, together="a picture"),
        "full_attention": Attention(together="a picture"),
    }
    assert attention_kinds(gemma4) == {"sliding_attention": Attention(window=16), "full_attention": Attention()}
    gemma4.config.text_config.use_bidirectional_attention = "vision"
    assert attention_kinds(gemma4)["sliding_attention"] == Attention(window=16, together="a picture")
    assert attention_kinds(gemma4)["full_attention"] == Attention()
    assert attention_kinds(mistral) == {ALL_LAYERS: Attention(window=32)}
    assert attention_kinds(qwen) == {ALL_LAYERS: Attention()}


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("rope_parameters", {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}, POSITIONS),
        ("rope_parameters", {"rope_type": "longrope", "rope_theta": 1e4}, POSITIONS),
        ("rope_parameters", None, POSITIONS),
        # Gemma 3 has positions for each kind of layer
        ("rope_parameters", {"full_attention": {"rope_type": "default"}}, ""),
        ("rope_parameters", {"full_attention": {"rope_type": "dynamic"}}, POSITIONS),
        ("rope_parameters", {"rope_type": "default", "mrope_section": [2, 1, 1]}, POSITIONS),
        ("rope_parameters", {"rope_type": "llama3", "rope_theta": 5e5}, ""),
        ("sliding_window", 4096, LAYERS),
        ("layer_types", ["full_attention", "sliding_attention"], ""),
        ("layer_types", ["full_attention", "chunked_attention"], LAYERS),
        ("layer_types", ["linear_attention", "full_attention"], LAYERS),
        ("_attn_implementation", "flex_attention", ""),
        ("_attn_implementation", "eager", "its attention is computed by eager"),
        ("_attn_implementation", "flash_attention_2", "its attention is computed by flash_attention_2"),
    ],
)
def test_settings(setting: str, value, reason: str) -> None:
    model, _ = tiny_models.llava()
    setattr(model.config.text_config, setting, value)
    assert why_unbranched(model) == reason


def test_a_model_with_a_mask_of_its_own() -> None:
    model, _ = tiny_models.llava()

    def forward(input_ids=None, cross_attention_mask=None):
        """As Mllama's."""

    model.forward = forward
    assert why_unbranched(model) == MASKS


def test_paligemma_with_windows_reads_branches_apart() -> None:
    """PaliGemma 2: its prompt sees itself beyond the windows."""
    model, _ = families.paligemma()
    assert attention_kinds(model) == {ALL_LAYERS: Attention(together="the prompt")}
    model.config.text_config.layer_types = ["sliding_attention", "full_attention"]
    assert why_unbranched(model) == MASKS


def test_code_from_elsewhere_is_not_trusted_with_it() -> None:
    model, _ = tiny_models.llava()
    model.__class__ = type("Own", (type(model),), {"__module__": "transformers_modules.own"})
    assert why_unbranched(model) == "its code is not transformers' own"


def test_flex_attention_where_transformers_has_none() -> None:
    model, _ = families.qwen3_vl()
    with pytest.raises(ConfigError, match="--attention flex: transformers does not support it for qwen3_vl"):
        use_flex(model)
