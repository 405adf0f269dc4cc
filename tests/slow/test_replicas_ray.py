"""Replicas as actors of a real local Ray cluster. `make test-slow` runs this."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psutil

from burnish.bench.answers import AnswersConfig, bench_answers
from patience import HANG_S

SOURCE = "pocket:counter/existence#per_task=200"


def _bench(out: Path, **flags: object) -> dict[str, bytes]:
    bench_answers(AnswersConfig(source=SOURCE, model="pocket", out=str(out), max_new_tokens=4, device="cpu", **flags))
    kept = [out / "done.json", *(out / "records").iterdir(), *(out / "images").rglob("*.*")]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in kept}


def _kill_an_actor(run: Path) -> None:
    began = time.monotonic()
    while not any(path.stat().st_size for path in (run / "records").glob("*.jsonl")):
        assert time.monotonic() - began < HANG_S
        time.sleep(0.05)
    actors = [one for one in psutil.process_iter(["cmdline"]) if "ray::Actor" in " ".join(one.info["cmdline"] or [])]
    os.kill(actors[0].pid, signal.SIGKILL)


def test_the_records_are_those_of_one_process_also_when_an_actor_is_killed(tmp_path: Path) -> None:
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        alone = _bench(tmp_path / "alone")
        assert _bench(tmp_path / "two", replicas=2, ray="auto") == alone
        killer = threading.Thread(target=_kill_an_actor, args=(tmp_path / "killed",))
        killer.start()
        assert _bench(tmp_path / "killed", replicas=2, ray="auto") == alone
        killer.join()
    finally:
        ray.shutdown()
