"""Runs that are trained on together: shares by hand, and a training on two of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish.errors import ConfigError
from burnish.records import Dropped
from burnish.train.config import DPOConfig
from burnish.train.examples import TrainingExample, preferences
from burnish.train.session import train_dpo
from burnish.train.shares import pairs_of_each, parse_shares


def test_shares_stand_behind_the_paths(tmp_path: Path) -> None:
    assert parse_shares(["a", "b"]) == {"a": None, "b": None}
    assert parse_shares(["a=0.7", "b=0.3"]) == {"a": 0.7, "b": 0.3}
    odd = tmp_path / "lr=0.1"
    odd.mkdir()
    assert parse_shares([str(odd), "b=c"]) == {str(odd): None, "b=c": None}  # paths, not shares
    for written, fault in (
        (["a=0.7", "b"], "Some runs have a share"),
        (["a", "a"], "given twice"),
        (["a=0", "b=1"], "no share above 0"),
    ):
        with pytest.raises(ConfigError, match=fault):
            parse_shares(written)


def test_no_pair_is_taken_twice() -> None:
    assert pairs_of_each({"a": 0.5, "b": 0.5}, {"a": 300, "b": 100}) == {"a": 100, "b": 100}
    assert pairs_of_each({"a": 0.7, "b": 0.3}, {"a": 70, "b": 300}) == {"a": 70, "b": 30}
    assert pairs_of_each({"a": 2, "b": 1}, {"a": 10, "b": 10}) == {"a": 10, "b": 5}
    assert pairs_of_each({"a": None, "b": None}, {"a": 3, "b": 1}) == {"a": 3, "b": 1}


def test_two_runs_are_trained_on_together(base: Path, write_run, tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a", [1] * 6), write_run(tmp_path / "b", [2] * 4)
    manifest = second / "manifest.json"  # pairs that were made elsewhere do not tell how pictures were padded
    made = json.loads(manifest.read_text())
    del made["config"]["pad_to_square"]
    manifest.write_text(json.dumps(made))
    flags = {"model": str(base), "lora_rank": 4, "batch_size": 2, "max_steps": 2, "device": "cpu"}

    def config(*runs: str, **more: object) -> DPOConfig:
        return DPOConfig(run=runs[0], more_runs=runs[1:], out=str(tmp_path / "out"), **{**flags, **more})

    def drawn(*runs: str, **more: object) -> list[tuple[str, str]]:
        found = preferences(config(*runs, **more), model_fingerprint="")
        examples = [one for one in found.read() if isinstance(one, TrainingExample)]
        assert all(found.open(one.picture) == one.images for one in examples)
        return [(one.picture[0], one.id) for one in examples]

    assert len(drawn(str(first), str(second))) == 10
    halves = (f"{first}=0.5", f"{second}=0.5")
    by_seed = [drawn(*halves, seed=seed) for seed in range(8)]
    assert all([number for number, _ in one] == ["0"] * 4 + ["1"] * 4 for one in by_seed)
    assert by_seed == [drawn(*halves, seed=seed) for seed in range(8)]
    assert any(one != by_seed[0] for one in by_seed)  # two seeds may draw the same four of six
    result = train_dpo(config(*halves))
    assert (result.summary["examples"], result.summary["answers"]) == (8, 4 * 2 + 4 * 3)


def test_pairs_of_some_sources_are_trained_on(base: Path, write_run, tmp_path: Path) -> None:
    """The others are counted; a share is of the pairs that remain."""
    first, second = (write_run(tmp_path / name, [1] * 6, sources=("ocr", "vqa", "gqa")) for name in "ab")
    flags = {"run": str(first), "model": str(base), "out": str(tmp_path / "out"), "device": "cpu"}
    flags |= {"lora_rank": 4, "batch_size": 2, "max_steps": 1}
    result = train_dpo(DPOConfig(**flags, sources=("ocr", "gqa")))
    assert (result.summary["examples"], result.summary["left_out"]) == (4, {"not of --sources": 2})

    def ids(**more: object) -> list[str]:
        found = preferences(DPOConfig(**{**flags, **more}), model_fingerprint="")
        return [one.id for one in found.read() if isinstance(one, TrainingExample)]

    assert ids(sources=("vqa",)) == ["1", "4"]
    both = {"run": f"{first}=1", "more_runs": (f"{second}=1",), "sources": ("vqa",)}
    assert ids(**both) == ["1", "4"] * 2
    left_out = [
        one for one in preferences(DPOConfig(**{**flags, **both}), model_fingerprint="").read() if one.source != "vqa"
    ]
    assert len(left_out) == 8 and all(isinstance(one, Dropped) for one in left_out)
    fingerprints = {
        preferences(DPOConfig(**flags, sources=some), model_fingerprint="").fingerprint
        for some in ((), ("vqa",), ("ocr", "gqa"), ("gqa", "ocr"))
    }
    assert len(fingerprints) == 3
    with pytest.raises(ConfigError, match="a has no pair of --sources text: it has gqa, ocr, vqa"):
        ids(sources=("vqa", "text"))
