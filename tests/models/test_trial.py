"""A model of a family that is not tested is tried when it is opened, and batches that would be wrong are not made."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import pytest

import families
import tiny_models
from burnish.errors import ModelError
from burnish.models import Decoding, Message, ModelOptions, Request, local
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
    folder = tiny_models.saved(families.molmo2(), tmp_path / "model")
    monkeypatch.setattr(rooms, "TESTED", frozenset())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_a_model_that_is_right_in_batches_takes_them(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert LocalModel.open(ModelOptions(model=str(folder), device="cpu")).takes_batches
    assert not caplog.messages


def test_one_that_is_wrong_in_batches_is_asked_one_at_a_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    truth = LocalModel.open(ModelOptions(model=str(folder), device="cpu")).generate(REQUESTS, DECODING)
    monkeypatch.setattr("burnish.models.encoding._SHIFTED", "no such input")
    monkeypatch.setattr("burnish.models.local.code_version", lambda: "another build, which tries anew")
    with caplog.at_level(logging.WARNING):
        model = LocalModel.open(ModelOptions(model=str(folder), device="cpu"))
    assert not model.takes_batches and "wrong in batches" in caplog.text
    assert model.generate(REQUESTS, DECODING) == truth
    config = SFTConfig(source="pocket", model=str(folder), out=str(folder.parent / "out"), device="cpu", max_steps=1)
    with pytest.raises(ModelError, match="gives wrong results in batches, so it cannot be trained"):
        train_sft(config)


def test_a_model_is_tried_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And once more in other numbers, or where what was kept of it is damaged."""
    tried: list[object] = []
    monkeypatch.setattr(local, "reads_batches", lambda network, *_: tried.append(network) or len(tried) == 1)

    def takes_batches(dtype: Literal["float32", "bfloat16"]) -> bool:
        return LocalModel.open(ModelOptions(model=str(folder), device="cpu", dtype=dtype)).takes_batches

    assert [takes_batches(dtype) for dtype in ("float32", "float32", "bfloat16", "bfloat16")] == [True] * 2 + [
        False
    ] * 2
    assert len(tried) == 2
    for kept in folder.parent.glob("cache/burnish/trials/*.json"):
        kept.write_text("{")
    assert not takes_batches("float32") and len(tried) == 3
