"""Adapters from before transformers 4.52 act as if their layers had been called as they are today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

import more_families
import tiny_models
from burnish.models import Message, ModelOptions, Request, ScoringModel, open_model, open_models
from burnish.models.adapter_names import renamed_layers

LANGUAGE = {"model.language_model.": "language_model.model."}
CLIP = {**LANGUAGE, "model.vision_tower.": "vision_tower.vision_model."}
QWEN = {"model.language_model.": "model.", "model.visual.": "visual."}
OLDER = {
    "llava": CLIP,
    "paligemma": CLIP,
    "gemma3": CLIP,
    "llava_onevision": CLIP,
    "aya_vision": CLIP,
    "internvl": {**LANGUAGE, "model.vision_tower.": "vision_tower."},
    "mistral3": {**LANGUAGE, "model.vision_tower.": "vision_tower."},
    "mllama": {**LANGUAGE, "model.vision_model.": "vision_model."},
    "qwen2_vl": QWEN,
    "qwen2_5_vl": QWEN,
}
"""What transformers 4.51 called the beginnings of layers' names."""
PREFIX = "base_model.model."
REQUESTS = [Request(messages=(Message(role="user", text="What is it?", images=(tiny_models.picture(1),)),))]
ANSWERS = [[[50], [51], [7]]]


@pytest.mark.parametrize("family", tiny_models.some(*OLDER))
def test_an_adapter_with_older_names_acts_as_with_todays(family: str, tmp_path: Path) -> None:
    base, (today, older) = tmp_path / "base", _adapters(family, tmp_path, ["q_proj", "v_proj", "qkv", "down_proj"])
    plain, *adapted = [_scores(open_model(_options(base, adapter))) for adapter in (None, today, older)]

    assert adapted[1] == pytest.approx(adapted[0], abs=1e-5)
    assert adapted[0] != pytest.approx(plain, abs=1e-3)
    both = [_scores(one) for one in open_models([_options(base, today), _options(base, older)])]
    assert both == [pytest.approx(adapted[0], abs=1e-5)] * 2
    assert renamed_layers(more_families.ALL[family]()[0], today / "adapter_model.safetensors") == ({}, [])


def test_a_pattern_of_older_names_finds_the_layers(tmp_path: Path) -> None:
    """As ms-swift writes it."""
    base, (today, older) = tmp_path / "base", _adapters("llava", tmp_path, ["q_proj", "v_proj"])
    settings = json.loads((older / "adapter_config.json").read_text())
    settings["target_modules"] = r"^(language_model(?=\.).*\.(q_proj|v_proj)|vision_tower.*\.(q_proj|v_proj))$"
    (older / "adapter_config.json").write_text(json.dumps(settings))
    expected = _scores(open_model(_options(base, today)))
    assert _scores(open_model(_options(base, older))) == pytest.approx(expected, abs=1e-5)
    both = [_scores(one) for one in open_models([_options(base, today), _options(base, older)])]
    assert both == [pytest.approx(expected, abs=1e-5)] * 2


def _adapters(family: str, tmp_path: Path, layers: list[str]) -> tuple[Path, Path]:
    """An adapter with today's names, and the same one with older names; their model is in `base`."""
    model, processor = more_families.ALL[family]()
    tiny_models.saved((model, processor), tmp_path / "base")
    today, older = tmp_path / "today", tmp_path / "older"
    get_peft_model(model, LoraConfig(r=2, target_modules=layers, init_lora_weights=False)).save_pretrained(today)
    weights = load_file(today / "adapter_model.safetensors")
    older.mkdir()
    (older / "adapter_config.json").write_text((today / "adapter_config.json").read_text())
    save_file({_older(name, OLDER[family]): one for name, one in weights.items()}, older / "adapter_model.safetensors")
    return today, older


def _older(name: str, beginnings: dict[str, str]) -> str:
    own = name.removeprefix(PREFIX)
    begin = next(begin for begin in beginnings if own.startswith(begin))
    return PREFIX + beginnings[begin] + own.removeprefix(begin)


def _options(base: Path, adapter: Path | None) -> ModelOptions:
    return ModelOptions(model=str(base), adapter=adapter and str(adapter), device="cpu")


def _scores(model: object) -> list[float]:
    assert isinstance(model, ScoringModel)
    return [*model.score(REQUESTS, ANSWERS)[0]]
