"""Replicas: the records of one process, whatever dies on the way. Real processes with the pocket VLM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest

from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.cli import main
from burnish.errors import ConfigError
from burnish.generation import replicas
from burnish.generation.replica_ray import refuse_silence
from burnish.generation.replicas import AskedModel
from burnish.models import memory
from patience import HANG_S

SOURCE = "pocket:counter/existence#per_task=200"
"""Four blocks of 64 inputs, the last of them short."""
FLAGS = {"max_new_tokens": 4, "device": "cpu", "distort": ("flip:1",)}
ANSWERS = ("bench", "answers", SOURCE, "--model", "pocket", "--max-new-tokens", "4", "--distort", "flip:1")
ANSWERS += ("--device", "cpu")
TALKS = ("pocket:counter/existence#per_task=80", "--student", "pocket", "--teacher", "oracle", "--max-turns", "2")
TALKS += ("--in-flight", "8", "--max-new-tokens", "4", "--device", "cpu")
"""Ten blocks of eight dialogues."""
Start: TypeAlias = Callable[..., "subprocess.Popen[bytes]"]


def _config(out: Path, **flags: object) -> AnswersConfig:
    return AnswersConfig(source=SOURCE, model="pocket", out=str(out), **FLAGS | flags)


def _files(run: Path) -> dict[str, bytes]:
    """Records, pictures and summaries by their places in the run."""
    kept = (path for name in ("done.json", "records/*", "images/*/*") for path in run.glob(f"**/{name}"))
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in kept}


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a verb with replicas; what is still running when the test ends, is killed."""
    started = list[subprocess.Popen[bytes]]()

    def run(out: Path, replicas: int, words: Sequence[str] = ANSWERS) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "burnish", *words, "--out", str(out), "--replicas", str(replicas)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def _wait_for_records(out: Path) -> None:
    began = time.monotonic()
    while not any(path.stat().st_size for path in out.glob("**/records/*.jsonl")):
        assert time.monotonic() - began < HANG_S
        time.sleep(0.05)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes by itself."""
    out = tmp_path_factory.mktemp("alone") / "run"
    bench_answers(_config(out))
    return _files(out)


@pytest.mark.slow
def test_the_records_are_those_of_one_process_when_a_replica_is_killed(
    tmp_path: Path, alone: dict[str, bytes], start: Start
) -> None:
    process = start(tmp_path / "run", replicas=2)
    _wait_for_records(tmp_path / "run")
    replica, *_ = psutil.Process(process.pid).children()
    replica.send_signal(signal.SIGKILL)
    assert process.wait(timeout=HANG_S) == 0
    assert _files(tmp_path / "run") == alone


@pytest.mark.slow
def test_a_killed_run_goes_on_with_another_number_and_leaves_no_process(
    tmp_path: Path, alone: dict[str, bytes], start: Start
) -> None:
    process = start(tmp_path / "run", replicas=2)
    _wait_for_records(tmp_path / "run")
    replicas = psutil.Process(process.pid).children()
    process.kill()
    process.wait(timeout=HANG_S)
    _, left = psutil.wait_procs(replicas, timeout=HANG_S)
    assert not left
    bench_answers(_config(tmp_path / "run", replicas=1))
    assert _files(tmp_path / "run") == alone


@pytest.mark.slow
@pytest.mark.parametrize("verb", [("simulate",), ("bench", "free")], ids=" ".join)
def test_dialogues_whose_driver_and_replica_are_killed_go_on(
    tmp_path: Path, verb: tuple[str, ...], start: Start
) -> None:
    assert main([*verb, *TALKS, "--out", str(tmp_path / "alone")]) == 0
    process = start(tmp_path / "run", 2, [*verb, *TALKS])
    _wait_for_records(tmp_path / "run")
    one, other = psutil.Process(process.pid).children()
    one.kill()
    process.kill()
    assert process.wait(timeout=HANG_S) == -signal.SIGKILL, "it was over before it could be killed"
    _, left = psutil.wait_procs([one, other], timeout=HANG_S)
    assert not left
    assert not (tmp_path / "run/done.json").exists()
    assert main([*verb, *TALKS, "--out", str(tmp_path / "run")]) == 0
    assert _files(tmp_path / "run") == _files(tmp_path / "alone")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"replicas": 0}, "--replicas must be at least 1"),
        ({"replicas": 2, "model": "http://host/v1#m"}, "--replicas is for local models"),
        ({"replicas": 2, "device": "balanced"}, "leave out --device balanced"),
        ({"ray": "auto"}, "--ray needs --replicas"),
    ],
)
def test_replicas_that_cannot_be_are_refused(flags: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        AskedModel(**{"model": "pocket"} | flags)


def test_more_replicas_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "visible_gpus", lambda: ["0", "1"])
    with pytest.raises(ConfigError, match="--replicas 3 need a GPU each, and 2 are visible: give --replicas 2"):
        replicas._gpus(AskedModel(model="pocket", replicas=3), 3)
    assert replicas._gpus(AskedModel(model="pocket", replicas=3, device="cpu"), 3) == [None] * 3


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1:1", "nothing answers there .*: see whether Ray runs on that machine"),
        ("ray://127.0.0.1:99999", "nothing answers there"),
        ("head", "is not an address: give HOST:PORT"),
        (":6379", "is not an address"),
    ],
)
def test_a_cluster_that_does_not_answer_is_told_at_once(address: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=f"--ray {address}:? {sentence}"):
        refuse_silence(address)
