"""Every verb that asks a local model gives the same run with replicas and without: what they serve and what the driver
writes are the real ones, in threads of this process, which has torch already.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

import tiny_models
from burnish.bench import fixed_run
from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.bench.fixed import FixedConfig, bench_fixed
from burnish.bench.free import FreeConfig, bench_free
from burnish.bench.judged import judge_run
from burnish.bench.judged.configs import GradesConfig
from burnish.bench.judged.registry import bench
from burnish.bench.teacher import BenchTeacherConfig, bench_teacher
from burnish.dialogue import talk
from burnish.generation import replicas
from burnish.generation.replica import serve
from burnish.generation.replica_process import BlockResult, Replica, read_answer
from burnish.generation.replica_ray import Actor, unpacked
from burnish.generation.replicas import ReplicaTask
from burnish.generation.serving import Serving
from burnish.make import composing, from_samples
from burnish.make.compose import ComposeConfig, compose
from burnish.make.from_samples import FromSamplesConfig, pairs_from_samples
from burnish.make.simulate import SimulateConfig, simulate
from fire_items import made_item

SOURCE = "pocket:counter/existence#per_task=5"
POCKET = {"device": "cpu", "max_new_tokens": 3}
BATCH = 2
"""Three blocks, the last of them short."""


class _InThread:
    """What an actor of Ray's does, without Ray."""

    def __init__(self, task: ReplicaTask, folder: Path) -> None:
        folder.mkdir()
        self._actor, self._folder = Actor(task.message()), folder

    def make(self, block: int) -> BlockResult:
        return unpacked(*self._actor.make(block), self._folder / str(block))

    def close(self) -> None:
        self._actor.clear()


def _in_threads(task: ReplicaTask) -> tuple[Callable[[Path, int], Replica], int]:
    return lambda folder, number: _InThread(task, folder / str(number)), task.config.replicas or 1


@pytest.fixture(autouse=True)
def _small_blocks_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "_starter", _in_threads)
    for room in (talk, composing, fixed_run, judge_run, from_samples):
        monkeypatch.setattr(room, "BATCH", BATCH)


def _held(run: Path) -> dict[str, bytes]:
    """All that the run holds but what tells how and when it was made."""
    files = {path.relative_to(run).as_posix(): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    return {name: data for name, data in files.items() if not name.endswith(("manifest.json", "lock"))}


def _dialogues(folder: Path) -> str:
    (folder / "images").mkdir()
    tiny_models.picture(1, 24).save(folder / "images/cats.png")
    (folder / "fire.json").write_text(json.dumps([made_item(4, 9, id=f"d{number}") for number in range(3)]))
    return f"fire:{folder / 'fire.json'}"


def _simulate(out: str, **flags: Any) -> None:
    simulate(SimulateConfig(source=SOURCE, student="pocket", teacher="oracle", out=out, **flags))


def _free(out: str, **flags: Any) -> None:
    bench_free(
        FreeConfig(source=SOURCE, student="pocket", teacher="pocket", seeds=2, temperature=1.0, out=out, **flags)
    )


def _compose(out: str, **flags: Any) -> None:
    compose(ComposeConfig(source=SOURCE, model="pocket", attempts=2, out=out, **flags))


def _teacher(out: str, **flags: Any) -> None:
    bench_teacher(BenchTeacherConfig(source=SOURCE, teacher="pocket", out=out, **flags))


def _from_samples(out: str, **flags: Any) -> None:
    pairs_from_samples(FromSamplesConfig(source=SOURCE, model="pocket", samples=3, by="likelihood", out=out, **flags))


def _fixed(out: str, **flags: Any) -> None:
    bench_fixed(FixedConfig(dialogues=_dialogues(Path(out).parent), student="pocket", out=out, **flags))


def _judged(out: str, **flags: Any) -> None:
    answers = str(Path(out).parent / "answers")
    bench_answers(AnswersConfig(source=SOURCE, model="pocket", out=answers, **POCKET))
    bench(GradesConfig(answers=answers, judge="pocket", out=out, **flags))


VERBS = [_simulate, _free, _compose, _teacher, _from_samples, _fixed, _judged]


@pytest.mark.parametrize("make", VERBS, ids=lambda make: make.__name__)
def test_two_replicas_make_the_run_of_one_process(tmp_path: Path, make: Callable[..., None]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    make(str(tmp_path / "a/run"), **POCKET)
    make(str(tmp_path / "b/run"), **POCKET, replicas=2)
    alone = _held(tmp_path / "a/run")
    assert any("records" in name and data for name, data in alone.items())
    assert _held(tmp_path / "b/run") == alone


def test_blocks_that_share_a_picture_have_it_each(tmp_path: Path) -> None:
    """A replica makes the next block while the driver still takes the pictures of the last one."""
    wanted, ask = os.pipe()
    answers, answer = os.pipe()
    os.write(ask, b"0\n1\n")
    os.close(ask)
    config = FixedConfig(dialogues=_dialogues(tmp_path), student="pocket", out=str(tmp_path / "run"), **POCKET)
    with os.fdopen(wanted, "rb") as numbers, os.fdopen(answers, "rb") as made:
        with os.fdopen(answer, "wb") as said:
            assert copy_context().run(serve, ReplicaTask(bench_fixed, config).message(), Serving(numbers, said)) == 0
        first, second = read_answer(made), read_answer(made)
        assert read_answer(made) is None
    assert first and second
    [one], [other] = first.images, second.images
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()
