"""How fast does `burnish view` answer among a million dialogues, and does its memory stay flat?

    python benchmarks/view.py --json view.json
    python benchmarks/view.py --records 100000 --keep runs

Dialogues that the oracle of the pocket world composed, with their pictures, are repeated with a number of their own in
each question and scores drawn anew, until there are enough. `burnish view` is started on that run as anybody would
start it; once all is indexed and the tables are made, each kind of page is asked for again and again through HTTP, one
at a time, pictures aside. Memory is that of the two processes, the server and the one that fills the index.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import httpx
import psutil

from burnish.make.compose import ComposeConfig, compose
from burnish.records import Dialogue
from burnish.store import Run, new_manifest
from burnish.view.query import PAGE

COMPOSED = 2_000
"""Dialogues that differ in more than a number and their scores."""
ROUNDS = 40
"""Pages of each kind."""


@dataclass(frozen=True)
class MakerConfig:
    """What the runs were made with."""

    repeated: int = COMPOSED


@dataclass(frozen=True)
class Indexing:
    """What the index of a run took, and the memory of both processes afterwards."""

    records: int
    seconds: float
    """From the start of the command, imports included, until the last record can be found."""
    run_mib: float
    index_mib: float
    server_mib: float
    server_peak_mib: float
    indexer_mib: float
    indexer_peak_mib: float


@dataclass(frozen=True)
class Pages:
    """How long one kind of page took, in milliseconds, and how much was found."""

    kind: str
    records: int
    found: str
    median_ms: float
    p95_ms: float
    worst_ms: float
    kib: float


def make_run(path: Path, records: int) -> None:
    """A run of so many dialogues."""
    composed = path.with_name("composed")
    flags = ComposeConfig(source=f"pocket:train#per_task={COMPOSED}", model="oracle", limit=COMPOSED, out=str(composed))
    with contextlib.redirect_stderr(io.StringIO()):
        compose(flags)
    given = Run.open(composed)
    dialogues = list(given.records(Dialogue))
    manifest = new_manifest("dialogues", MakerConfig(), seed=0, fingerprints={})
    with Run.begin(path, manifest) as run:
        for dialogue in dialogues:
            run.add_image(given.image(dialogue.image))
        run.append(varied(dialogues[number % len(dialogues)], number) for number in range(len(run), records))
        run.finish({})


def varied(dialogue: Dialogue, number: int) -> Dialogue:
    """The same words with another number, and other scores."""
    draw = random.Random(number)
    turns = tuple(
        dataclasses.replace(turn, feedback=dataclasses.replace(turn.feedback, score=float(draw.randrange(11))))
        for turn in dialogue.turns
    )
    question = f"{dialogue.question} (case {number})"
    return dataclasses.replace(dialogue, id=f"{dialogue.id}/{number}", question=question, turns=turns)


@contextlib.contextmanager
def viewer(run: Path, index: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`burnish view` with its address."""
    command = [sys.executable, "-m", "burnish", "view", str(run), "--port", "0", "--index", str(index)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line))), process
    finally:
        process.terminate()
        process.communicate()


def indexed(run: Path, index: Path, url: str, process: subprocess.Popen[str], records: int) -> Indexing:
    """Wait until all is indexed and told of."""
    began = psutil.Process(process.pid).create_time()
    with httpx.Client(base_url=url) as client:
        while client.get("state").json()["records"] < records:
            time.sleep(0.1)
        seconds = time.time() - began
        while not client.get("state").json()["told"]:
            time.sleep(0.5)
    server = psutil.Process(process.pid)
    # The other child is Python's own, which cleans up behind those that were spawned.
    filling = max(server.children(), key=lambda child: child.memory_info().rss)
    return Indexing(
        records=records,
        seconds=seconds,
        run_mib=_mib(sum(path.stat().st_size for path in (run / "records").iterdir())),
        index_mib=_mib(sum(path.stat().st_size for path in index.parent.glob(f"{index.name}*"))),
        server_mib=_mib(server.memory_info().rss),
        server_peak_mib=peak_mib(server.pid),
        indexer_mib=_mib(filling.memory_info().rss),
        indexer_peak_mib=peak_mib(filling.pid),
    )


def kinds(records: int, sources: list[str]) -> dict[str, Callable[[random.Random], dict[str, object]]]:
    """What is asked for, from a source of chance."""
    last = -(-records // PAGE)
    score: dict[str, object] = {"by": "last score"}
    return {
        "first page": lambda _: {},
        "any page": lambda draw: {"page": draw.randrange(1, last + 1)},
        "last page": lambda _: {"page": last},
        "a rare word": lambda draw: {"q": str(draw.randrange(records))},
        "a frequent word": lambda _: {"q": "answer"},
        "a frequent word, any page": lambda draw: {"q": "the", "page": draw.randrange(1, 200)},
        "source, scores 3 to 6": lambda draw: {**score, "source": draw.choice(sources), "least": 3, "most": 6},
        "scores 3 to 6, any page": lambda draw: {**score, "least": 3, "most": 6, "page": draw.randrange(1, last // 4)},
        "by score": lambda _: {**score, "order": "rising"},
        "by score, any page": lambda draw: {**score, "order": "falling", "page": draw.randrange(1, last + 1)},
        "source, by length, any page": lambda draw: {
            **{"by": "words", "order": "falling", "source": draw.choice(sources)},
            "page": draw.randrange(1, last // len(sources) // 2),
        },
        "a frequent word, by score": lambda _: {**score, "q": "the", "order": "falling"},
    }


def measured(url: str, records: int, sources: list[str]) -> list[Pages]:
    """Every kind of page, in turns, so that what else the machine does is shared by all."""
    draw, taken = random.Random(0), dict[str, list[float]]()
    found, sizes = dict[str, str](), dict[str, list[int]]()
    with httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(ROUNDS):
            for kind, query in kinds(records, sources).items():
                began = time.perf_counter()
                answer = client.get("", params={name: str(value) for name, value in query(draw).items()})
                taken.setdefault(kind, []).append(1000 * (time.perf_counter() - began))
                heading = re.search(r"<h2>(?:Records [\d,–]+ of |)(.*?)</h2>", answer.raise_for_status().text)
                found[kind] = heading[1] if heading else ""
                sizes.setdefault(kind, []).append(len(answer.content))
    return [
        Pages(
            kind=kind,
            records=records,
            found=found[kind],
            median_ms=statistics.median(times),
            p95_ms=statistics.quantiles(times, n=20)[-1],
            worst_ms=max(times),
            kib=statistics.mean(sizes[kind]) / 1024,
        )
        for kind, times in taken.items()
    ]


def measure(folder: Path, records: int) -> tuple[Indexing, list[Pages], Indexing]:
    """Index the run in the folder, made if it is not there yet; memory is told before and after the pages."""
    run, index = folder / f"run-{records}", folder / f"index-{records}.sqlite"
    if not (run / "done.json").exists():
        make_run(run, records)
    index.unlink(missing_ok=True)
    with viewer(run, index) as (url, process):
        before = indexed(run, index, url, process, records)
        pages = measured(url, records, sorted({record.source for record in islice(Run.open(run), COMPOSED)}))
        return before, pages, indexed(run, index, url, process, records)


def peak_mib(pid: int) -> float:
    """Peak resident memory of a process. Linux only."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def _mib(size: int) -> float:
    return size / (1 << 20)


def told(before: Indexing, pages: list[Pages], after: Indexing) -> str:
    """All of it as lines of Markdown."""
    rate = before.records / before.seconds
    lines = [
        f"{before.records:,} records ({before.run_mib:,.0f} MiB) indexed in {before.seconds:.0f} s, {rate:,.0f} "
        f"a second; the index takes {before.index_mib:,.0f} MiB.",
        f"Memory of the server: {before.server_mib:.0f} MiB before and {after.server_mib:.0f} after the pages, "
        f"at most {after.server_peak_mib:.0f}; of the indexer at most {after.indexer_peak_mib:.0f}.",
        "",
        "| page | found | median ms | p95 ms | worst ms | KiB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for page in pages:
        times = f"{page.median_ms:.0f} | {page.p95_ms:.0f} | {page.worst_ms:.0f}"
        lines.append(f"| {page.kind} | {page.found} | {times} | {page.kib:.0f} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure a tenth of the records, and all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000, help="the largest size (default: 1,000,000)")
    parser.add_argument("--keep", type=Path, help="make the runs in this folder, or find them there from last time")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="burnish-view-"))
    folder.mkdir(parents=True, exist_ok=True)
    numbers: list[dict[str, object]] = []
    try:
        for records in (given.records // 10, given.records):
            before, pages, after = measure(folder, records)
            print(told(before, pages, after), flush=True)
            numbers.append(
                {
                    "before": dataclasses.asdict(before),
                    "pages": [dataclasses.asdict(page) for page in pages],
                    "after": dataclasses.asdict(after),
                }
            )
    finally:
        if not given.keep:
            shutil.rmtree(folder)
    if given.json:
        given.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
