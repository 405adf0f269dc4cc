"""A checkpoint's fingerprint changes with what decides its answers, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import tiny_models
from burnish.models import fingerprint
from burnish.models.fingerprint import base_matches, file_digest, folder_digest, record_base


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.tiny_llava(tmp_path_factory.mktemp("model"))


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_place_and_bystanders_do_not_matter(model: Path, copy: Path) -> None:
    for name in ("README.md", "trainer_state.json", "training_args.bin", "optimizer.pt"):
        (copy / name).write_text("left by training")

    assert folder_digest(copy) == folder_digest(model)


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "processor_config.json",
        "tokenizer.json",
        "chat_template.jinja",
    ],
)
def test_every_part_matters(model: Path, copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[-1] ^= 1
    (copy / name).write_bytes(content)

    assert folder_digest(copy) != folder_digest(model)


def test_a_file_that_appears_or_is_renamed_matters(model: Path, copy: Path) -> None:
    before = folder_digest(copy)
    (copy / "special_tokens_map.json").write_text("{}")
    added = folder_digest(copy)
    (copy / "special_tokens_map.json").rename(copy / "added_tokens.json")

    assert len({before, added, folder_digest(copy)}) == 3


def test_base_and_adapter_are_not_interchangeable(model: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")

    assert len({folder_digest(model), folder_digest(model, tmp_path), folder_digest(tmp_path, model)}) == 3


def test_unchanged_files_are_read_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = file_digest(copy / "model.safetensors")
    monkeypatch.setattr(fingerprint.hashlib, "file_digest", lambda *_: pytest.fail("read again"))

    assert file_digest(copy / "model.safetensors") == first


def test_adapter_knows_its_base(model: Path, copy: Path, tmp_path: Path) -> None:
    assert base_matches(tmp_path, model), "an adapter that does not say is believed"

    record_base(tmp_path, folder_digest(model), {})

    assert base_matches(tmp_path, copy)
    (copy / "chat_template.jinja").write_text("another")
    assert not base_matches(tmp_path, copy)
