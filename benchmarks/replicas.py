"""How many times as fast N replicas are as one, and how many pairs a second one driver carries.

    python benchmarks/replicas.py [--json FILE] [--counts 1 2 4 8] [--ray]

Each replica holds a scripted model that sleeps 50 ms a batch, as a GPU would compute; pairs with pictures of their own
are read, sent to the driver and written as ever. The clock runs from the first block that is written to the last, so
that no start of a process counts. With --ray the same is measured on a local Ray cluster too, which this starts, with a
CPU for each actor by name: they sleep. `pairs_per_second` is what one driver carries: pairs by the CPU time of its own
process, with models that do not sleep at all. `equal` says whether all make the same records.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from burnish.config import RunFlags
from burnish.distort import parse
from burnish.generation import Life, fill
from burnish.generation.questions import asks, clean_request, distorted_request
from burnish.generation.replicas import AskedModel, ReplicaTask
from burnish.models import Decoding, OnReply, Reply, Request
from burnish.models.base import ignore
from burnish.models.scripted import ScriptedModel
from burnish.records import Answer, Example, PreferencePair, Rejected
from burnish.store import Run, new_manifest

BATCH, BATCH_S, SIDE = 64, 0.05, 64
CARRIED_BLOCKS = 100
FLIP = parse("flip:1")


@dataclass(frozen=True, kw_only=True)
class SleepyConfig(AskedModel, RunFlags):
    """Pairs by a model that sleeps."""

    pairs: int
    batches: int
    """Batches of the model in a block."""
    sleep: float


class Sleepy(ScriptedModel):
    """Answers by what the picture's first pixel is, after a while."""

    def __init__(self, config: SleepyConfig) -> None:
        super().__init__(lambda request: f"the pixel is {request.messages[-1].images[0].getpixel((0, 0))}")
        self._pause = config.batches * config.sleep

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        """All replies of a block, after the time of its batches."""
        time.sleep(self._pause)
        return super().generate(requests, decoding, on_reply)


class Pictures:
    """Examples with pictures that are drawn when they are reached."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def from_index(self, start: int) -> Iterator[Example]:
        for number in range(start, self._count):
            picture = Image.new("RGB", (SIDE, SIDE), (number % 256, number // 256 % 256, 7))
            picture.putpixel((SIDE - 1, 0), (0, 0, 0))
            file = io.BytesIO()
            picture.save(file, "PNG")
            yield Example(id=str(number), image=file.getvalue(), question="What is it?", source="drawn")


def make(config: SleepyConfig) -> list[float]:
    """Fill the run; when each block came to be written."""
    model, written = Sleepy(config), list[float]()

    def live(run: Run, _: int, example: Example) -> Life:
        calls = [partial(clean_request, example), partial(distorted_request, example, FLIP, 0)]
        chosen, rejected = yield asks(model, [(build, Decoding()) for build in calls])
        return [
            PreferencePair(
                id=example.id,
                image=run.add_image(example.image),
                question=example.question,
                chosen=Answer(text=chosen.text, token_ids=chosen.token_ids),
                rejected=(Rejected(distortion=FLIP.spec, seed=0, answer=Answer(text=rejected.text)),),
                source=example.source,
            )
        ]

    manifest = new_manifest("pairs", config, seed=0, fingerprints={})
    with Run.begin(Path(config.out), manifest) as run:
        append = run.append_lines

        def noted(lines: Iterable[bytes]) -> None:
            append(lines)
            written.append(time.perf_counter())

        run.append_lines = noted  # type: ignore[method-assign]
        task = ReplicaTask(make, config)
        fill(run, Pictures(config.pairs), partial(live, run), [model], label="pairs", batch=BATCH, replicas=task)
    return written


class Made(NamedTuple):
    """What a run came to."""

    pairs_per_second: float
    records: str
    """Digest of the first ones, of which every run has as many."""


def rate(replicas: int, blocks: int, *, batches: int, sleep: float, ray: str | None = None) -> Made:
    """How fast a run is."""
    with tempfile.TemporaryDirectory() as folder:
        config = SleepyConfig(
            model="scripted",
            out=f"{folder}/run",
            replicas=replicas,
            ray=ray,
            pairs=blocks * BATCH,
            batches=batches,
            sleep=sleep,
            device="cpu",
        )
        written = make(config)
        lines = islice(Run.open(Path(config.out)).lines(0), blocks // replicas * BATCH)
        records = hashlib.sha256(b"".join(lines)).hexdigest()
    first = len(written) // 4  # by then all replicas are there
    return Made((len(written) - 1 - first) * BATCH / (written[-1] - written[first]), records)


class Compared(NamedTuple):
    """Replicas of one way."""

    speedups: dict[str, float]
    """How many times as fast each number of them is as the first, by the number."""
    records: set[str]
    """One digest where all are equal."""


def compare(counts: Sequence[int], blocks: int, batches: int, ray: str | None = None) -> Compared:
    """Each number of replicas in turn."""
    made = {n: rate(n, blocks * n, batches=batches, sleep=BATCH_S, ray=ray) for n in counts}
    speedups = {n: one.pairs_per_second / made[counts[0]].pairs_per_second for n, one in made.items()}
    for n, one in made.items():
        way = "Ray actors" if ray else "replicas"
        print(f"{n} {way}: {one.pairs_per_second:.1f} pairs a second, {speedups[n]:.2f} times", flush=True)
    return Compared({str(n): ratio for n, ratio in speedups.items()}, {one.records for one in made.values()})


def compare_by_ray(counts: Sequence[int], blocks: int, batches: int) -> Compared:
    """The same of actors on a local cluster."""
    os.environ.setdefault("RAY_worker_niceness", "0")  # else they wait for whatever else runs on this machine
    import ray

    ray.init(num_cpus=max(counts), include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        return compare(counts, blocks, batches, "auto")
    finally:
        ray.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--batches", type=int, default=16, help="batches of the model in a block")
    parser.add_argument("--blocks", type=int, default=24, help="blocks for each replica")
    parser.add_argument("--ray", action="store_true", help="measure Ray actors too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    # replicas import this file by its name
    os.environ["PYTHONPATH"] = os.pathsep.join((sys.path[0], os.environ.get("PYTHONPATH", "")))
    by_processes = compare(options.counts, options.blocks, options.batches)
    found: dict[str, object] = {**by_processes.speedups}
    records = by_processes.records
    if options.ray:
        by_ray = compare_by_ray(options.counts, options.blocks, options.batches)
        found["ray"], records = by_ray.speedups, records | by_ray.records
    found["equal"] = len(records) == 1
    print("equal records:", found["equal"])
    began = time.process_time()
    rate(2, CARRIED_BLOCKS, batches=0, sleep=0.0)
    carried = CARRIED_BLOCKS * BATCH / (time.process_time() - began)
    print(f"one driver carries {carried:,.0f} pairs a second of its CPU time")
    if options.json:
        options.json.write_text(json.dumps({**found, "pairs_per_second": carried}) + "\n")


if __name__ == "__main__":
    import replicas  # so that the functions have a name that another process can import

    replicas.main()
