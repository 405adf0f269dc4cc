"""Two adapters on one base: the answers of models opened apart, from one set of weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

import tiny_models
from burnish.errors import ModelError
from burnish.models import Decoding, Message, ModelOptions, Request, active_adapter, open_model, open_models
from burnish.models.active_adapter import COPIES, ActiveAdapter
from burnish.models.fingerprint import record_base
from burnish.models.local import LocalModel

REQUESTS = [
    Request(messages=(Message(role="user", text="What is" + " it" * n, images=(tiny_models.picture(n),)),))
    for n in range(5)
]
DECODING = Decoding(max_new_tokens=16)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.tiny_llava(tmp_path_factory.mktemp("base") / "model")


def _adapter(folder: Path, seed: int, **config: Any) -> str:
    model, _ = tiny_models.llava()
    torch.manual_seed(seed)
    lora = LoraConfig(**{"r": 2 + seed, "target_modules": ["q_proj"], "init_lora_weights": False, **config})
    get_peft_model(model, lora).save_pretrained(folder / str(seed))
    return str(folder / str(seed))


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Of different ranks, on different layers."""
    folder = tmp_path_factory.mktemp("adapters")
    return _adapter(folder, 1), _adapter(folder, 2, target_modules=["q_proj", "v_proj"])


def _options(base: Path, adapter: str | None = None, **others: Any) -> ModelOptions:
    return ModelOptions(model=str(base), adapter=adapter, device="cpu", **others)


def _local(model: object) -> LocalModel:
    assert isinstance(model, LocalModel)
    return model


def _base_weights(model: LocalModel) -> set[int]:
    """Where the weights lie that no adapter brought."""
    return {weight.data_ptr() for name, weight in model.model.named_parameters() if "lora_" not in name}


def test_each_answers_as_if_it_had_the_base_to_itself(base: Path, adapters: tuple[str, str]) -> None:
    options = [_options(base, adapter) for adapter in (adapters[0], None, adapters[1])]
    apart = [_local(open_model(option)) for option in options]
    expected = [model.generate(REQUESTS, DECODING) for model in apart]
    assert expected[0] != expected[1] != expected[2] != expected[0]

    together = [_local(model) for model in open_models(options)]

    for number in (0, 1, 2, 1, 0, 2):  # in every order, each after each
        assert together[number].generate(REQUESTS, DECODING) == expected[number]
    answers = [[[50, 51, 52]] for _ in REQUESTS]
    for one, alone in zip(together, apart, strict=True):
        for together_logps, logps in zip(one.score(REQUESTS, answers), alone.score(REQUESTS, answers), strict=True):
            assert together_logps == pytest.approx(logps, abs=1e-4)
    assert [model.fingerprint for model in together] == [model.fingerprint for model in apart]


def test_there_is_one_base_in_memory(base: Path, adapters: tuple[str, str]) -> None:
    first, plain, second = map(_local, open_models([_options(base, name) for name in (adapters[0], None, adapters[1])]))
    assert first.processor is second.processor
    assert _base_weights(first) == _base_weights(plain) == _base_weights(second)
    # the plain model's own count: each weight is there once
    assert len(_base_weights(first)) == len(_base_weights(_local(open_model(_options(base)))))


def test_equal_options_are_one_model_and_others_are_not_joined(base: Path, adapters: tuple[str, str]) -> None:
    one, same, padded = map(
        _local,
        open_models(
            [_options(base, adapters[0]), _options(base, adapters[0]), _options(base, adapters[1], pad_to_square=True)]
        ),
    )
    assert one is same
    assert _base_weights(one).isdisjoint(_base_weights(padded))


def test_an_adapter_that_changes_the_base_gets_one_of_its_own(
    base: Path, adapters: tuple[str, str], tmp_path: Path
) -> None:
    """PEFT cannot switch biases: disabling such an adapter leaves them changed."""
    biased = _adapter(tmp_path, 3, target_modules=["fc1"], bias="lora_only")
    assert json.loads((Path(biased) / "adapter_config.json").read_text())["bias"] == "lora_only"
    with_biases, plain = map(_local, open_models([_options(base, biased), _options(base)]))
    assert _base_weights(with_biases).isdisjoint(_base_weights(plain))
    assert plain.generate(REQUESTS, DECODING) == open_model(_options(base)).generate(REQUESTS, DECODING)


def test_the_second_adapter_is_checked_as_the_first_is(base: Path, adapters: tuple[str, str], tmp_path: Path) -> None:
    foreign = _adapter(tmp_path, 4)
    record_base(Path(foreign), "0" * 64, {})
    with pytest.raises(ModelError, match="was trained on other weights"):
        open_models([_options(base, adapters[0]), _options(base, foreign)])
    wide = Path(_adapter(tmp_path, 5))
    settings = json.loads((wide / "adapter_config.json").read_text())
    (wide / "adapter_config.json").write_text(json.dumps({**settings, "target_modules": ["q_proj", "v_proj"]}))
    with pytest.raises(ModelError, match=r"does not fit .* \(it lacks .*v_proj"):
        open_models([_options(base, adapters[0]), _options(base, str(wide))])
    with pytest.raises(ModelError, match="no adapter_config"):
        open_models([_options(base, adapters[0]), _options(base, str(tmp_path))])


@pytest.mark.parametrize(
    ("dtype", "copies", "lora", "merged"),
    [
        ("float32", COPIES, {}, True),
        ("float32", 100, {}, False),
        ("float32", COPIES, {"use_dora": True}, False),
        ("bfloat16", COPIES, {}, False),  # a sum would be rounded
    ],
)
def test_a_small_models_adapter_is_merged_into_copies(
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dtype: str,
    copies: int,
    lora: dict[str, Any],
    merged: bool,
) -> None:
    monkeypatch.setattr(active_adapter, "COPIES", copies)
    name = _adapter(tmp_path, 6, target_modules=["model.language_model.layers.0.mlp.up_proj", "v_proj"], **lora)
    model, plain = (_local(open_model(_options(base, name, dtype=dtype))) for _ in range(2))
    plain.activate_adapter = ActiveAdapter(plain.model, merges=False)
    answers = [[[50, 51, 52], [7]] for _ in REQUESTS]

    found, expected = model.score(REQUESTS, answers), plain.score(REQUESTS, answers)

    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    with model.activate_adapter():
        assert _replaced(model) == merged
    assert not _replaced(model), "PEFT computes it again"


def _replaced(model: LocalModel) -> bool:
    """Whether a layer has a forward pass of its own."""
    return any("forward" in vars(module) for module in model.model.modules())
