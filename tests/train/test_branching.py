"""Which models may read branches: only those that are known to need no more than a mask and positions."""

from __future__ import annotations

import pytest

import tiny_models
from burnish.train.branching import why_unbranched

DIMENSIONS = "its positions are not rotary, or not of one dimension"
LAYERS = "some of its layers do not attend to all that stands before"


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_families(family: str) -> None:
    model, _ = tiny_models.FAMILIES[family]()
    assert why_unbranched(model) == (DIMENSIONS if family == "qwen2_5_vl" else "")


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("rope_parameters", {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}, DIMENSIONS),
        ("rope_parameters", {"rope_type": "longrope", "rope_theta": 1e4}, DIMENSIONS),
        ("rope_parameters", None, DIMENSIONS),
        # Gemma 3 has positions for each kind of layer
        ("rope_parameters", {"full_attention": {"rope_type": "default"}}, DIMENSIONS),
        ("rope_parameters", {"rope_type": "llama3", "rope_theta": 5e5}, ""),
        ("sliding_window", 4096, LAYERS),
        ("layer_types", ["full_attention", "sliding_attention"], LAYERS),
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

    def forward(input_ids=None, token_type_ids=None):
        """As Gemma's and PaliGemma's."""

    model.forward = forward
    assert why_unbranched(model) == "it masks attention by kinds of tokens"


def test_code_from_elsewhere_is_not_trusted_with_it() -> None:
    model, _ = tiny_models.llava()
    model.__class__ = type("Own", (type(model),), {"__module__": "transformers_modules.own"})
    assert why_unbranched(model) == "its code is not transformers' own"
