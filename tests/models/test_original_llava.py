"""Weights in the original LLaVA code's form, put into a converted model: the answers of the model they were made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import tiny_models
from burnish.errors import BurnishError
from burnish.models import Message, ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.models.original_llava import Conversion, convert

ASKED = [Request(messages=(Message(role="user", text="What is it?", images=(tiny_models.picture(1),)),))]
ANSWERS = [[[50, 51, 52]]]
OURS = {
    "model.vision_tower.": "model.vision_tower.vision_tower.vision_model.",
    "model.multi_modal_projector.linear_1.": "model.mm_projector.0.",
    "model.multi_modal_projector.linear_2.": "model.mm_projector.2.",
    "model.language_model.": "model.",
}
ADDED = 3
"""Rows of the vocabulary that only the converted model has."""


@pytest.fixture(scope="module")
def like(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.tiny_llava(tmp_path_factory.mktemp("like") / "model")


@pytest.fixture(scope="module")
def trained(like: Path) -> LocalModel:
    """The same shape, tower and new tokens with other weights elsewhere."""
    local = LocalModel.open(ModelOptions(model=str(like), device="cpu"))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in local.model.named_parameters():
            if "vision_tower" not in name:
                known = weight[:-ADDED] if name.endswith(("embed_tokens.weight", "lm_head.weight")) else weight
                known += 0.1 * torch.randn_like(known)
    return local


def _original(model: LocalModel) -> dict[str, Tensor]:
    """Its weights by the original names, without the rows of new tokens, and a table that need not be stored."""
    found = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    for name, weight in model.model.state_dict().items():
        ours = next((ours for ours in OURS if name.startswith(ours)), "")
        known = weight[:-ADDED] if name.endswith(("embed_tokens.weight", "lm_head.weight")) else weight
        found[OURS.get(ours, "") + name.removeprefix(ours)] = known.clone()
    return found


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_a_converted_checkpoint_scores_as_its_original(
    like: Path, trained: LocalModel, tmp_path: Path, form: str
) -> None:
    tensors = _original(trained)
    assert "model.vision_tower.vision_tower.vision_model.embeddings.class_embedding" in tensors
    if form == "bin":  # in two files, as large ones are, and without the tower, which was not trained
        tensors = {name: tensor for name, tensor in tensors.items() if "vision_tower" not in name}
        for number in (0, 1):
            torch.save(dict([*tensors.items()][number::2]), tmp_path / f"pytorch_model-{number}.bin")
    else:
        save_file(tensors, tmp_path / "model.safetensors")

    made = convert(Conversion(str(tmp_path), like=str(like), out=str(tmp_path / "out")))

    assert made == len(tensors) - 1
    converted = LocalModel.open(ModelOptions(model=str(tmp_path / "out"), device="cpu"))
    [[expected]] = trained.score(ASKED, ANSWERS)
    [[before]] = LocalModel.open(ModelOptions(model=str(like), device="cpu")).score(ASKED, ANSWERS)
    assert converted.score(ASKED, ANSWERS)[0][0] == pytest.approx(expected, abs=1e-5)
    assert abs(before - expected) > 0.01, "the weights make a difference"


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("model.norm.weight", (3,), "same size"),
        ("model.other.weight", (3,), "no place"),
        ("model.mm_projector.0.bias", None, "whole checkpoint"),
        (None, None, "neither"),
    ],
)
def test_what_does_not_fit_is_said(
    like: Path, trained: LocalModel, tmp_path: Path, name: str | None, shape: tuple[int, ...] | None, said: str
) -> None:
    if name:
        tensor = torch.zeros(shape) if shape else _original(trained)[name]
        save_file({name: tensor}, tmp_path / "model.safetensors")

    with pytest.raises(BurnishError, match=said):
        convert(Conversion(str(tmp_path), like=str(like), out=str(tmp_path / "out")))

    assert not (tmp_path / "out").exists()
