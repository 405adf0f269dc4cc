"""Pairs that a training is watched by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from burnish.errors import ConfigError
from burnish.generation.questions import conversation
from burnish.models import ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.records import PreferencePair
from burnish.report.sections import section_of
from burnish.store import Run
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.session import train_dpo

SMALL = {"lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu", "epochs": 3, "max_steps": 5}


@pytest.fixture(scope="module")
def config(write_run, base: Path, tmp_path_factory: pytest.TempPathFactory) -> DPOConfig:
    folder = tmp_path_factory.mktemp("watched")
    run, others = write_run(folder / "run"), write_run(folder / "others", negatives=(2, 1, 3))
    flags = {"out": str(folder / "out"), "eval_pairs": str(others), "eval_steps": 2}
    return DPOConfig(run=str(run), model=str(base), **flags, **SMALL)


def test_the_margin_is_that_of_the_adapter_that_was_left(config: DPOConfig, opened: LocalModel, capsys) -> None:
    out = train_dpo(config).checkpoint
    assert "3 of 3 held-out pairs are about pictures that are trained on" in capsys.readouterr().err
    steps = read_log(out / "log.jsonl")
    assert [line["step"] for line in steps if "eval_rewards/margins" in line] == [2, 4, 5]
    after = LocalModel.open(ModelOptions(model=config.model, adapter=str(out), device="cpu"))
    margins, right = [], []
    run = Run.open(Path(config.eval_pairs))
    for pair in run.records(PreferencePair):
        answers = [pair.chosen, *(one.answer for one in pair.rejected)]
        request = Request(messages=tuple(conversation(pair.question, run.image(pair.image))))
        asked = [request], [[one.token_ids for one in answers]]
        [now], [then] = after.score(*asked), opened.score(*asked)
        chosen, *rejected = (0.1 * (a - b) for a, b in zip(now, then, strict=True))
        margins.append(sum(chosen - one for one in rejected) / len(rejected))
        right.append(sum(chosen > one for one in rejected) / len(rejected))
    assert steps[-1]["eval_rewards/margins"] == pytest.approx(sum(margins) / 3, abs=1e-4)
    assert steps[-1]["eval_rewards/accuracies"] == pytest.approx(sum(right) / 3)
    tiles = {tile.name for tile in section_of("trained", Run.open(out)).tiles}
    assert {"held-out margin", "held-out accuracy"} <= tiles


def test_watching_changes_nothing_that_is_learned(config: DPOConfig, tmp_path: Path) -> None:
    alone = train_dpo(replace(config, out=str(tmp_path / "out"), eval_pairs=None, eval_steps=None)).checkpoint
    watched, plain = (read_log(folder / "log.jsonl")[-1] for folder in (Path(config.out), alone))
    assert {name: value for name, value in watched.items() if name in plain and "second" not in name} == (
        pytest.approx({name: value for name, value in plain.items() if "second" not in name})
    )


def test_what_is_trained_on_is_not_held_out(config: DPOConfig) -> None:
    with pytest.raises(ConfigError, match="is trained on, too: give pairs about other pictures"):
        replace(config, eval_pairs=config.run)
    with pytest.raises(ConfigError, match="--eval-steps needs --eval-pairs"):
        replace(config, eval_pairs=None)
