"""Replicas: the records of one process, whatever dies on the way. Real processes with the pocket VLM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.errors import ConfigError
from burnish.generation.replicas import AskedModel
from patience import HANG_S

SOURCE = "pocket:counter/existence#per_task=200"
"""Four blocks of 64 inputs, the last of them short."""
FLAGS = {"max_new_tokens": 4, "device": "cpu", "distort": ("flip:1",)}


def _config(out: Path, **flags: object) -> AnswersConfig:
    return AnswersConfig(source=SOURCE, model="pocket", out=str(out), **FLAGS | flags)


def _files(run: Path) -> dict[str, bytes]:
    """Records, pictures and the summary by their places in the run."""
    kept = [run / "done.json", *(run / "records").iterdir(), *(run / "images").rglob("*.*")]
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in kept}


def _started(out: Path, replicas: int) -> subprocess.Popen[bytes]:
    words = [SOURCE, "--model", "pocket", "--out", str(out), "--replicas", str(replicas), "--max-new-tokens", "4"]
    command = [sys.executable, "-m", "burnish", "bench", "answers", *words, "--device", "cpu", "--distort", "flip:1"]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )


def _wait_for_records(out: Path) -> None:
    began = time.monotonic()
    while not any(path.stat().st_size for path in (out / "records").glob("*.jsonl")):
        assert time.monotonic() - began < HANG_S
        time.sleep(0.05)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes by itself."""
    out = tmp_path_factory.mktemp("alone") / "run"
    bench_answers(_config(out))
    return _files(out)


@pytest.mark.slow
def test_the_records_are_those_of_one_process_when_a_replica_is_killed(tmp_path: Path, alone: dict[str, bytes]) -> None:
    process = _started(tmp_path / "run", replicas=2)
    _wait_for_records(tmp_path / "run")
    replica, *_ = psutil.Process(process.pid).children()
    replica.send_signal(signal.SIGKILL)
    assert process.wait(timeout=HANG_S) == 0
    assert _files(tmp_path / "run") == alone


@pytest.mark.slow
def test_a_killed_run_goes_on_with_another_number_and_leaves_no_process(
    tmp_path: Path, alone: dict[str, bytes]
) -> None:
    process = _started(tmp_path / "run", replicas=2)
    _wait_for_records(tmp_path / "run")
    replicas = psutil.Process(process.pid).children()
    process.kill()
    process.wait(timeout=HANG_S)
    _, left = psutil.wait_procs(replicas, timeout=HANG_S)
    assert not left
    bench_answers(_config(tmp_path / "run", replicas=1))
    assert _files(tmp_path / "run") == alone


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"replicas": 0}, "--replicas must be at least 1"),
        ({"replicas": 2, "model": "http://host/v1#m"}, "--replicas are of local models"),
        ({"replicas": 2, "device": "balanced"}, "leave out --device balanced"),
        ({"ray": "auto"}, "--ray needs --replicas"),
    ],
)
def test_replicas_that_cannot_be_are_refused(flags: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        AskedModel(**{"model": "pocket"} | flags)
