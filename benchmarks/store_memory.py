"""Does a run's memory stay flat, and does a run of a million records open at once?

    python benchmarks/store_memory.py [--records 1000000] [--against 391f94b] [--json FILE]

Writes, resumes, reads and exports runs of small preference pairs in three sizes, each step in a process of its own, and
prints the peak memory of each process, its rate, and the time that `Run.begin` takes on a run with a torn last line.
With --against, also what writing and reading a record took in another commit's build and takes in this one
(`store_codec.py`).
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import multiprocessing
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import store_codec
from burnish.records import Answer, PreferencePair, Rejected
from burnish.store import Manifest, Run, new_manifest

PICTURES = 1_000
"""Distinct pictures in every run, shared by all its records."""


@dataclass(frozen=True)
class MakerConfig:
    """What the runs were made with."""

    model: str = "none"


@dataclass(frozen=True)
class Step:
    """What one step on one run took."""

    step: str
    records: int
    seconds: float
    cpu_seconds: float
    """What the step cost when others share the machine."""
    peak_mib: float
    """Peak resident memory of the step's process, the interpreter and libraries included."""


def manifest() -> Manifest:
    """The same for every start, so that a run is gone on with."""
    return new_manifest("pairs", MakerConfig(), seed=0, fingerprints={})


def pair(number: int, keys: list[str]) -> PreferencePair:
    """A small record: one negative, a dozen tokens."""
    chosen = Answer(text=f"There are {number} shapes.", token_ids=(5, 81, number % 997, 44, 9, 2), ref_logp=-3.25)
    rejected = Answer(text=f"There are {number + 1} shapes.", token_ids=(5, 81, number % 991, 44, 9, 2), ref_logp=-7.5)
    return PreferencePair(
        id=f"shapes/{number}",
        image=keys[number % len(keys)],
        question="How many shapes are there?",
        chosen=chosen,
        rejected=(Rejected(distortion="noise:800", seed=number, answer=rejected),),
        source="shapes",
        facts={"task": "counting"},
    )


def write(path: Path, records: int) -> float:
    """All records but the last, and half a line after them, as a kill leaves it."""
    from PIL import Image

    began = time.perf_counter()
    with Run.begin(path, manifest()) as run:
        keys = []
        for number in range(PICTURES):
            buffer = io.BytesIO()
            Image.new("RGB", (16, 16), (number % 256, number // 256, 90)).save(buffer, format="PNG")
            keys.append(run.add_image(buffer.getvalue()))
        run.append(pair(number, keys) for number in range(records - 1))
    seconds = time.perf_counter() - began
    with max((path / "records").iterdir()).open("ab") as shard:
        shard.write(b'{"kind": "pair", "id": "torn')
    return seconds


def resume(path: Path, records: int) -> float:
    """From the call of `begin` to the moment when the next record could be appended."""
    began = time.perf_counter()
    run = Run.begin(path, manifest())
    seconds = time.perf_counter() - began
    with run:
        if len(run) != records - 1:
            raise SystemExit(f"The run has {len(run):,} records instead of {records - 1:,}.")
        run.append([pair(records - 1, [next(iter(run.records(PreferencePair))).image])])
        run.finish({"made": records})
    return seconds


def read(path: Path, records: int) -> float:
    """Every record, parsed and checked."""
    began = time.perf_counter()
    found = sum(1 for _ in Run.open(path).records(PreferencePair))
    if found != records:
        raise SystemExit(f"The run gave {found:,} records instead of {records:,}.")
    return time.perf_counter() - began


def export_parquet(path: Path, records: int) -> float:
    """`burnish export --to parquet`."""
    return _export(path, records, "parquet")


def export_trl(path: Path, records: int) -> float:
    """`burnish export --to trl`."""
    return _export(path, records, "trl")


def _export(path: Path, records: int, to: str) -> float:
    from burnish.export import ExportConfig, export_run

    began = time.perf_counter()
    result = export_run(ExportConfig(run=str(path), to=to, out=str(path.parent / to)))  # type: ignore[arg-type]
    if result.rows != records:
        raise SystemExit(f"The export has {result.rows:,} rows instead of {records:,}.")
    return time.perf_counter() - began


STEPS: dict[str, Callable[[Path, int], float]] = {
    "write": write,
    "resume": resume,
    "read": read,
    "export parquet": export_parquet,
    "export trl": export_trl,
}


def measured(name: str, path: Path, records: int) -> Step:
    """One step, in the process that this is called in. Linux only: the peak comes from /proc."""
    cpu = time.process_time()
    seconds = STEPS[name](path, records)
    cpu = time.process_time() - cpu
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    if peak is None:
        raise SystemExit("This system does not tell a process's peak memory (no VmHWM in /proc/self/status).")
    return Step(name, records, seconds, cpu, int(peak[1]) / 1024)


def measure(records: int) -> list[Step]:
    """All steps on one run, one process each, so that peaks do not add up."""
    folder = Path(tempfile.mkdtemp(prefix="burnish-store-"))
    spawn = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(max_workers=1, mp_context=spawn, max_tasks_per_child=1) as processes:
            return [processes.submit(measured, name, folder / "run", records).result() for name in STEPS]
    finally:
        shutil.rmtree(folder)


def table(steps: list[Step]) -> str:
    """A line a step and size. The CPU time a record is to stay the same, and so is the peak."""
    lines = [f"{'step':14} {'records':>10} {'peak MiB':>9} {'seconds':>9} {'records/s':>10} {'CPU us/record':>14}"]
    for step in sorted(steps, key=lambda step: list(STEPS).index(step.step)):  # stable: sizes stay in order
        line = f"{step.step:14} {step.records:>10,} {step.peak_mib:>9.0f} {step.seconds:>9.3f}"
        if step.step != "resume":  # which reads one file, whatever the size
            line += f" {step.records / step.seconds:>10,.0f} {1e6 * step.cpu_seconds / step.records:>14.1f}"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Measure three sizes, a factor of ten apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000, help="the largest size (default: 1,000,000)")
    parser.add_argument("--against", help="a commit, whose codec is measured beside this one's")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    arguments = parser.parse_args()
    steps = []
    for records in (arguments.records // 100, arguments.records // 10, arguments.records):
        steps += measure(records)
        print(f"{records:,} records measured", file=sys.stderr)
    print(table(steps))
    numbers: dict[str, object] = {"steps": [dataclasses.asdict(step) for step in steps]}
    if arguments.against:
        numbers["codec"] = codec = store_codec.compare(arguments.against)
        print(store_codec.table(codec, arguments.against))
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
