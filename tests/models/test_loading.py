"""What cannot be loaded is refused in one sentence, and nothing but safetensors is ever read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers.utils.import_utils import is_torchvision_available

import tiny_models
from burnish.errors import ConfigError, ModelError
from burnish.models import Decoding, Message, ModelOptions, Request, open_model
from burnish.models.fingerprint import folder_digest, record_base
from burnish.models.loading import device_map
from burnish.models.local import LocalModel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_models.tiny_llava(tmp_path / "model")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    model, _ = tiny_models.llava()
    torch.manual_seed(1)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    adapted.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def _open(folder: Path, **options: Any) -> LocalModel:
    model = open_model(ModelOptions(model=str(folder), **options))
    assert isinstance(model, LocalModel)
    return model


def _refusal(folder: Path | str, **options: Any) -> str:
    with pytest.raises(ModelError) as caught:
        open_model(ModelOptions(model=str(folder), **options))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_missing_model() -> None:
    assert _refusal("/nowhere/at/all").startswith("There is no folder /nowhere/at/all")
    assert "neither a folder here nor a model" in _refusal("nobody/no-such-model")


def test_what_is_no_adapter_is_told_as_what_it_is(folder: Path, tmp_path: Path) -> None:
    assert "neither a folder here nor an adapter" in _refusal(folder, adapter="nobody/no-such-adapter")
    assert (
        _refusal(folder, adapter="/nowhere") == "There is no folder /nowhere: give an adapter's folder or its hub name."
    )
    assert _refusal(folder, adapter=str(folder)).endswith("it is a whole model, so give it as --model.")
    (tmp_path / "begun" / "checkpoints").mkdir(parents=True)
    (tmp_path / "begun" / "manifest.json").touch()
    assert "its training has not ended, and the same command goes on" in _refusal(
        folder, adapter=str(tmp_path / "begun")
    )


def test_file_instead_of_folder(folder: Path) -> None:
    assert "is a file: give the folder" in _refusal(folder / "config.json")


def test_a_pipe_is_not_waited_for(folder: Path, adapter: Path) -> None:
    (adapter / "adapter_config.json").unlink()
    os.mkfifo(adapter / "adapter_config.json")
    with pytest.raises(ModelError, match=r"adapter_config\.json is a pipe"):
        _open(folder, adapter=str(adapter))


def test_folder_without_a_model(tmp_path: Path) -> None:
    assert "has no config.json" in _refusal(tmp_path)


def test_text_model(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))

    assert "is a 'llama' model, which does not answer questions about pictures" in _refusal(folder)


def test_broken_configuration(folder: Path) -> None:
    (folder / "config.json").write_text("{not json")

    assert "configuration of" in _refusal(folder)


def test_no_chat_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()

    assert "has no chat template" in _refusal(folder)


def test_no_image_processor(folder: Path) -> None:
    (folder / "processor_config.json").unlink()

    assert "processor" in _refusal(folder)


@pytest.mark.skipif(is_torchvision_available(), reason="torchvision is installed")
def test_processor_that_needs_a_package(tmp_path: Path) -> None:
    """Without torchvision, Qwen2.5-VL's own processor cannot be made, for it reads films too."""
    tiny_models.saved(tiny_models.qwen2_5_vl(), tmp_path)
    settings = json.loads((tmp_path / "processor_config.json").read_text())
    settings |= {
        "processor_class": "Qwen2_5_VLProcessor",
        "video_processor": {"video_processor_type": "Qwen2VLVideoProcessor"},
    }
    (tmp_path / "processor_config.json").write_text(json.dumps(settings))

    assert "needs a package that is not installed here" in _refusal(tmp_path)


def test_pickled_weights_are_never_read(folder: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    (folder / "model.safetensors").unlink()
    torch.save({"weight": Bomb()}, folder / "pytorch_model.bin")

    assert "no weights in safetensors" in _refusal(folder)


def test_weights_cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])

    assert "weights of" in _refusal(folder)


def test_weights_missing_from_the_file(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights.pop(next(name for name in weights if "q_proj" in name))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    assert "lacks 1 of its weights" in _refusal(folder)


def test_adapter_given_as_model(adapter: Path) -> None:
    assert "is an adapter: give the model that it was trained on" in _refusal(adapter)


def test_adapter_is_put_on_and_changes_answers(folder: Path, adapter: Path) -> None:
    request = Request(messages=(Message(role="user", text="?", images=(tiny_models.picture(0),)),))
    plain, adapted = _open(folder), _open(folder, adapter=str(adapter))

    assert adapted.score([request], [[[50, 60]]]) != plain.score([request], [[[50, 60]]])
    assert adapted.fingerprint != plain.fingerprint
    assert adapted.template_fingerprint == plain.template_fingerprint
    assert len(adapted.generate([request], Decoding(max_new_tokens=3))) == 1


def test_adapter_of_another_shape(folder: Path, tmp_path: Path) -> None:
    model, _ = tiny_models.internvl()
    get_peft_model(model, LoraConfig(r=2, target_modules=["fc1"])).save_pretrained(tmp_path / "other")
    settings = json.loads((tmp_path / "other" / "adapter_config.json").read_text())
    settings["target_modules"] = ["gate_proj"]
    (tmp_path / "other" / "adapter_config.json").write_text(json.dumps(settings))

    message = _refusal(folder, adapter=str(tmp_path / "other"))

    assert "does not fit" in message
    assert "give the model it was trained on" in message


def test_adapter_trained_on_other_weights_of_the_same_shape(folder: Path, adapter: Path) -> None:
    record_base(adapter, folder_digest(folder), {})
    _open(folder, adapter=str(adapter))

    record_base(adapter, "0" * 64, {})

    assert "it was trained on other weights" in _refusal(folder, adapter=str(adapter))


def test_adapter_without_safetensors(folder: Path, adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")

    assert "no adapter_model.safetensors" in _refusal(folder, adapter=str(adapter))


def test_folder_that_is_no_adapter(folder: Path) -> None:
    assert "no adapter_config.json" in _refusal(folder, adapter=str(folder))


def test_code_that_comes_with_a_model_needs_a_flag(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForImageTextToText": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise SystemExit('ran')")

    assert "give --trust-remote-code if you trust its author" in _refusal(folder)


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a GPU that is not there")
def test_devices_without_a_gpu() -> None:
    assert device_map("auto") is None
    assert device_map("cpu") is None
    for device in ("cuda", "cuda:1", "balanced"):
        with pytest.raises(ConfigError, match="0 CUDA GPUs"):
            device_map(device)
    for device in ("gpu", "cuda:x", "tpu:0"):
        with pytest.raises(ConfigError, match="must be auto, cpu, cuda"):
            device_map(device)


def test_dtype_on_a_cpu_is_float32_unless_asked(tmp_path: Path) -> None:
    model, processor = tiny_models.llava()
    model.to(torch.bfloat16).save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)

    assert _open(tmp_path, device="cpu").model.dtype == torch.float32
    assert _open(tmp_path, device="cpu", dtype="bfloat16").model.dtype == torch.bfloat16
