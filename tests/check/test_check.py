"""`burnish check` finds out what is right with a model, and says in one sentence what cannot be loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import families
import tiny_models
from burnish import cli
from burnish.check.check import check
from burnish.check.config import CheckConfig

KEYS = {"family", "batched_equals_single", "logp_difference", "noise", "shared_prefix", "why_not_shared", "lora", "ok"}
QUICK = ("qwen3_5", "molmo2", "mllama")
"""The families whose states, places and masks are each of a kind of their own."""


def marked(family: str, *more: object):
    marks = [] if more or family in QUICK else [pytest.mark.slow]
    if reason := families.WRONG.get(family):
        marks.append(pytest.mark.xfail(reason=reason, strict=True))
    return pytest.param(family, *more, marks=marks)


def test_what_is_found_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = tiny_models.tiny_llava(tmp_path / "model"), tmp_path / "found.json"
    assert cli.main(["check", str(folder), "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert set(found) >= KEYS
    assert (found["family"], found["batched_equals_single"], found["ok"], found["problems"]) == (
        "llava",
        True,
        True,
        [],
    )
    assert found["shared_prefix"] and not found["why_not_shared"] and found["noise"]
    assert 0 <= found["logp_difference"] < 1e-3
    assert found["lora"] == {"modules": 14, "share": 1.0, "missed": [], "share_with_experts": 0.0}
    assert "14 modules, 100% of the language model" in capsys.readouterr().out


@pytest.mark.parametrize("family", [marked(name) for name in families.FAMILIES])
def test_a_family_is_right_in_batches_and_alone(family: str, tmp_path: Path) -> None:
    pytest.importorskip("torchvision")
    found = check(
        CheckConfig(model=str(tiny_models.saved(families.FAMILIES[family](), tmp_path / "model")), device="cpu")
    )
    assert found.problems == ()
    assert found.ok and found.batched_equals_single and found.noise
    assert found.logp_difference is not None and found.logp_difference < 1e-3
    assert found.shared_prefix == (not found.why_not_shared)
    assert found.lora.modules and found.lora.share > (0.1 if found.lora.experts else 0.97)


@pytest.mark.skipif("molmo2" not in families.FAMILIES, reason="this version of transformers has no Molmo2")
def test_a_model_that_is_wrong_in_batches_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torchvision")
    monkeypatch.setattr("burnish.models.encoding._SHIFTED", "no such input")
    folder, file = tiny_models.saved(families.molmo2(), tmp_path / "model"), tmp_path / "found.json"
    assert cli.main(["check", str(folder), "--json", str(file)]) == 2
    found = json.loads(file.read_text())
    assert not found["ok"] and not found["batched_equals_single"]
    assert any("5 requests at a time" in problem for problem in found["problems"])


@pytest.mark.parametrize(
    ("family", "fault", "problem"),
    [
        marked("mllama", ("burnish.models.encoding.SEEN_PICTURES", ()), "at a time"),
        marked("paligemma", ("burnish.models.encoding.Encoder._behind", lambda *_: {}), "training on one answer each"),
    ],
)
def test_faults_of_one_family_are_found(
    family: str, fault: tuple[str, object], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures that pad a batch, padding that a prompt attends to: what a model's own rules make of them."""
    pytest.importorskip("torchvision")
    folder, file = tiny_models.saved(families.FAMILIES[family](), tmp_path / "model"), tmp_path / "found.json"
    assert cli.main(["check", str(folder), "--json", str(file)]) == 0
    monkeypatch.setattr(*fault)
    assert cli.main(["check", str(folder), "--json", str(file)]) == 2
    assert any(problem in one for one in json.loads(file.read_text())["problems"])


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"model_type": "llava", "mm_vision_tower": "clip"}, "is a checkpoint of the original LLaVA code ('llava')"),
        ({"model_type": "llava_llama"}, "is a checkpoint of the original LLaVA code ('llava_llama')"),
        ({"model_type": "bert"}, "is a 'bert' model, which does not answer questions about pictures"),
    ],
)
def test_what_cannot_be_loaded_is_named_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: dict[str, str], sentence: str
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert cli.main(["check", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert sentence in message and message.count("\n") == 1


def test_an_endpoint_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "http://localhost:1/v1#m"]) == 2
    assert "is an endpoint: `burnish check` opens a model's own files" in capsys.readouterr().err
