"""A model of a family that is not tested is tried when it is opened, and batches that would be wrong are not made."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

import families
import tiny_models
from burnish.errors import ModelError
from burnish.models import Decoding, Message, ModelOptions, Request
from burnish.models import trial as rooms
from burnish.models.local import LocalModel
from burnish.train.config import SFTConfig
from burnish.train.session import train_sft

SIZES = ((90, 40), (28, 70), (64, 64))
REQUESTS = [
    Request(messages=(Message(role="user", text="What is it?", images=(tiny_models.picture(seed, *size),)),))
    for seed, size in enumerate(SIZES)
]
DECODING = Decoding(max_new_tokens=6)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Molmo2 as one of no known family, whose places of patches nobody moves."""
    pytest.importorskip("torchvision")
    for one in families.molmo2():
        one.save_pretrained(tmp_path / "model")
    monkeypatch.setattr(rooms, "TESTED", frozenset())
    return tmp_path / "model"


def test_a_model_that_is_right_in_batches_takes_them(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert LocalModel.open(ModelOptions(model=str(folder), device="cpu")).takes_batches
    assert not caplog.messages


def test_one_that_is_wrong_in_batches_is_asked_one_at_a_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    truth = LocalModel.open(ModelOptions(model=str(folder), device="cpu")).generate(REQUESTS, DECODING)
    monkeypatch.setattr("burnish.models.encoding._SHIFTED", "no such input")
    with caplog.at_level(logging.WARNING):
        model = LocalModel.open(ModelOptions(model=str(folder), device="cpu"))
    assert not model.takes_batches and "wrong in batches" in caplog.text
    assert model.generate(REQUESTS, DECODING) == truth
    config = SFTConfig(source="pocket", model=str(folder), out=str(folder.parent / "out"), device="cpu", max_steps=1)
    with pytest.raises(ModelError, match="is wrong in batches, so it cannot be trained"):
        train_sft(config)
