"""Killed at any moment, out of disk, forbidden to write: a second start ends with what an undisturbed run holds."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from burnish.errors import RunError
from burnish.records import Dropped
from burnish.store import Run, new_manifest
from burnish.store.lines import SHARD_LINES
from patience import HANG_S

RECORDS = 2 * SHARD_LINES + 500
MAKER = Path(__file__).with_name("make_run.py")


@dataclass(frozen=True)
class Config:
    """A verb's configuration."""

    model: str = "pocket"


MANIFEST = new_manifest("pairs", Config(), seed=0, fingerprints={})


def start(run: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(MAKER), str(run), str(RECORDS), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def contents(run: Path) -> dict[str, bytes]:
    """All files of a run but its lock (a process id) and its manifest (a date)."""
    files = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in ("lock", "manifest.json")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    with start(run) as process:
        process.communicate(timeout=HANG_S)
    assert process.returncode == 0
    return run


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_run_is_the_same(undisturbed: Path, tmp_path: Path, seed: int) -> None:
    moments, run, in_the_midst = random.Random(seed), tmp_path / "run", 0
    for _ in range(6):
        with start(run) as process:
            assert process.stdout is not None
            if moments.random() < 0.7:
                process.stdout.readline()  # writing has begun; otherwise the kill comes somewhere in the start
            time.sleep(moments.uniform(0, 0.08))
            process.kill()
        in_the_midst += (run / "manifest.json").exists() and not (run / "done.json").exists()
    with start(run) as process:
        process.communicate(timeout=HANG_S)
    assert process.returncode == 0
    assert in_the_midst >= 1, "the kills came too early or too late to mean anything"
    assert contents(run) == contents(undisturbed)
    assert len(Run.open(run)) == RECORDS


def test_a_line_torn_at_any_byte_is_cut_off(tmp_path: Path) -> None:
    records = [Dropped(id=str(number), source="ü", reason="r") for number in range(4)]
    whole = tmp_path / "whole"
    with Run.begin(whole, MANIFEST) as run:
        run.append(records)
    lines = (whole / "records/00000.jsonl").read_bytes().splitlines(keepends=True)
    kept = len(b"".join(lines[:2]))
    for size in range(kept, kept + len(lines[2]) + 1):
        torn = tmp_path / str(size)
        shutil.copytree(whole, torn)
        os.truncate(torn / "records/00000.jsonl", size)
        expected = 3 if size == kept + len(lines[2]) else 2
        assert list(Run.open(torn)) == records[:expected]  # a reader passes over it
        with Run.begin(torn, MANIFEST) as run:
            assert len(run) == expected
            assert (torn / "records/00000.jsonl").read_bytes() == b"".join(lines[:expected])
            run.append(records[expected:])
        assert contents(torn) == contents(whole)


def test_a_full_disk_is_one_sentence_and_costs_nothing(undisturbed: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with start(run, "--largest-file", "300000") as process:
        said = process.communicate(timeout=HANG_S)[0]
    assert process.returncode == 2
    assert said.splitlines()[-1].startswith(f"{run} cannot be written (File too large): make room or")
    shard = (run / "records/00000.jsonl").read_bytes()
    assert shard.endswith(b"\n"), "what was written of the last line was not taken back"
    assert 290_000 < len(shard) <= 300_000
    with start(run) as process:
        process.communicate(timeout=HANG_S)
    assert contents(run) == contents(undisturbed)


@pytest.mark.parametrize("before", [0, SHARD_LINES])
def test_after_a_refused_write_the_same_process_may_go_on(tmp_path: Path, before: int) -> None:
    import resource

    records = [Dropped(id=str(number), source="s", reason="r" * 500) for number in range(10)]
    earlier = [Dropped(id=str(number), source="s", reason="r") for number in range(before)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Run.begin(tmp_path, MANIFEST) as run:
        run.append(earlier)
    with Run.begin(tmp_path, MANIFEST) as run:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
        try:
            with pytest.raises(RunError, match="File too large"):
                run.append(records)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(run) == before + 3  # 3 lines of 565 bytes fit into 2,000
        run.append(records[3:])
    assert list(Run.open(tmp_path)) == earlier + records


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write anywhere: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_without_permission_is_one_sentence(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with (
        without_privileges(),
        pytest.raises(RunError, match=r"cannot be written \(Permission denied\): make room or fix"),
    ):
        Run.begin(closed / "run", MANIFEST)


def test_a_path_through_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="is a file: give --out a folder"):
        Run.begin(tmp_path / "file", MANIFEST)
    with pytest.raises(RunError, match=r"cannot be written \(Not a directory\)"):
        Run.begin(tmp_path / "file/run", MANIFEST)
