"""A model sees the pixels that it was made with, and what it still lacks is named with the command that brings it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoProcessor

import families
import tiny_models
from burnish.errors import ModelError
from burnish.models.processors import load_processor, missing_package, unloadable


def pixels(processor: Any) -> torch.Tensor:
    found: torch.Tensor = processor.image_processor(images=[tiny_models.picture(0, 90, 40)], return_tensors="pt")[
        "pixel_values"
    ]
    return found


def load(folder: Path) -> Any:
    return load_processor(folder, "model", trust_remote_code=False)


def test_pillow_resizes_where_it_always_did(tmp_path: Path) -> None:
    pytest.importorskip("torchvision")
    folder = tiny_models.tiny_llava(tmp_path)
    _, made_with = tiny_models.llava()
    torch.testing.assert_close(pixels(load(folder)), pixels(made_with), rtol=0, atol=0)
    # which transformers itself would not
    assert not torch.equal(pixels(AutoProcessor.from_pretrained(folder)), pixels(made_with))


def test_torchvision_resizes_where_the_files_say_so(tmp_path: Path) -> None:
    pytest.importorskip("torchvision")
    file = tiny_models.tiny_llava(tmp_path) / "processor_config.json"
    content = json.loads(file.read_text())
    content["image_processor"]["image_processor_type"] += "Fast"
    file.write_text(json.dumps(content))
    assert not type(load(tmp_path).image_processor).__name__.endswith("Pil")


def test_families_that_read_films_are_torchvisions(tmp_path: Path) -> None:
    pytest.importorskip("torchvision")
    _, processor = families.qwen2_5_vl()
    processor.save_pretrained(tmp_path)
    loaded = load(tmp_path)
    assert loaded.video_processor is not None
    assert torch.equal(pixels(loaded), pixels(processor))


@pytest.mark.parametrize(
    ("error", "package"),
    [
        (
            ImportError("X requires the num2words library but it was not found. Run `pip install num2words`"),
            "num2words",
        ),
        (ModuleNotFoundError("No module named 'tiktoken'", name="tiktoken"), "tiktoken"),
        (
            ValueError("`tiktoken` is required to read a `tiktoken` file. Install it with `pip install tiktoken`."),
            "tiktoken",
        ),
        (ValueError("something else"), ""),
    ],
)
def test_a_missing_package_is_named_with_the_command(error: Exception, package: str) -> None:
    assert missing_package(error) == package
    message = unloadable("model", "processor", error)
    assert isinstance(message, ModelError) and "\n" not in str(message)
    assert (f"pip install {package}." in str(message)) == bool(package)


def test_torchvision_can_be_imported_beside_any_build_of_torch() -> None:
    pytest.importorskip("torchvision")
    from torchvision.transforms.v2 import functional  # once Burnish is imported, as everywhere in the tests

    assert functional.resize(torch.zeros(3, 8, 8), [4, 4]).shape == (3, 4, 4)
