"""Replicas as actors of a real local Ray cluster. `make test-slow` runs this."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from burnish.bench.answers import AnswersConfig, bench_answers
from patience import HANG_S

SOURCE = "pocket:counter/existence#per_task=200"
"""Four blocks."""
WORKERS = 3


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where actors keep their files."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def cluster(scratch: Path) -> Iterator[str]:
    """The address of a cluster on this machine."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", "/tmp")  # its sockets' paths must be short
        patch.setenv("TMPDIR", str(scratch))
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes by itself."""
    return _bench(tmp_path_factory.mktemp("alone") / "run")


def _bench(out: Path, **flags: object) -> dict[str, bytes]:
    bench_answers(AnswersConfig(source=SOURCE, model="pocket", out=str(out), max_new_tokens=4, device="cpu", **flags))
    return _files(out)


def _files(out: Path) -> dict[str, bytes]:
    kept = [out / "done.json", *(out / "records").iterdir(), *(out / "images").rglob("*.*")]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in kept}


def _wait(due: Callable[[], object]) -> None:
    began = time.monotonic()
    while not due():
        assert time.monotonic() - began < HANG_S
        time.sleep(0.05)


def _has_records(run: Path) -> bool:
    return any(path.stat().st_size for path in (run / "records").glob("*.jsonl"))


def _actors() -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if "ray::Actor" in " ".join(one.info["cmdline"] or [])]


def _kill_an_actor(run: Path) -> None:
    _wait(lambda: _has_records(run))
    _actors()[0].kill()


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_the_records_are_those_of_one_process(
    tmp_path: Path, cluster: str, alone: dict[str, bytes], replicas: int
) -> None:
    assert _bench(tmp_path / "run", replicas=replicas, ray=cluster) == alone


def test_an_actor_that_is_killed_is_started_again(tmp_path: Path, cluster: str, alone: dict[str, bytes]) -> None:
    killer = threading.Thread(target=_kill_an_actor, args=(tmp_path / "run",))
    killer.start()
    assert _bench(tmp_path / "run", replicas=2, ray=cluster) == alone
    killer.join()


@pytest.mark.parametrize("both", [False, True], ids=["driver", "driver and actor"])
def test_a_driver_that_is_killed_goes_on_and_nothing_is_left_of_its_actors(
    tmp_path: Path, cluster: str, scratch: Path, alone: dict[str, bytes], both: bool
) -> None:
    words = ["bench", "answers", SOURCE, "--model", "pocket", "--max-new-tokens", "4", "--device", "cpu"]
    words += ["--replicas", "2", "--ray", cluster, "--out", str(tmp_path / "run")]
    driver = subprocess.Popen([sys.executable, "-m", "burnish", *words], stdout=subprocess.DEVNULL)
    _wait(lambda: _has_records(tmp_path / "run"))
    if both:
        _actors()[0].kill()
    driver.kill()
    assert driver.wait(timeout=HANG_S) == -signal.SIGKILL, "it was over before it could be killed"
    _wait(lambda: not _actors())
    assert _bench(tmp_path / "run", replicas=1, ray=cluster) == alone
    assert not any(scratch.glob("burnish-scratch-*"))
