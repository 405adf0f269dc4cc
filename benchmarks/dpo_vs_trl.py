"""DPO on a model in a family's shape, beside TRL: pairs a second, peak memory, and the same log-probabilities.

    python benchmarks/dpo_vs_trl.py [--family llava] [--pairs 48] [--width 512] [--layers 4] [--repeats 3] [--json FILE]

Both train the same adapter on the same pairs in the same batches, each run in a process of its own, in turns. The
first step warms up and is not timed, nor are the first 16 pairs where Burnish checks stored references; TRL's reference
pass is part of its time. `burnish` uses references stored with the pairs, `burnish, computed` computes them; `burnish,
fast`, `burnish, lean` and `burnish, leanest` also have the pictures encoded already (`--vision-cache`, from the second
epoch on), `lean` with selective and `leanest` with full activation checkpointing. `trl` is TRL without activation
checkpointing, `trl, default` has it on.
With K negatives TRL gets K pairs, as it knows no others. Beside the clock the processes' own CPU time is taken, which
others on the machine change little (`_cpu`).

On a CPU memory is taken in runs of their own, a few steps each, in which the C library gives every tensor's pages back
as soon as it is freed: the peak is that of the tensors, as a GPU's allocator counts it, and not of the heap's holes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple, ParamSpec, TypeVar

import tyro

from dpo_limit import limit
from dpo_pairs import Words, model_folder, write_pairs
from dpo_peers import PEERS, Epoch, Setup, differences
from shapes import FAMILIES, Name, Shape

P = ParamSpec("P")
T = TypeVar("T")
WARM = 16
"""Pairs at the beginning of an epoch that are not timed."""
FEW, MANY = 1, 4
"""Negatives a pair."""
WEIGHED_STEPS = 2
"""Optimiser steps of a run whose memory is taken; the references that are checked in them take no more."""
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": str(2**20)}
"""glibc maps larger blocks on their own, and unmaps them when they are freed."""
STORED, COMPUTED = "burnish", "burnish, computed"
FAST, LEAN, LEANEST = "burnish, fast", "burnish, lean", "burnish, leanest"
STORED_K4, COMPUTED_K4 = "burnish, 4 negatives", "burnish, 4 negatives, computed"
TRL, TRL_DEFAULT, TRL_K4 = "trl", "trl, default", "trl, 4 pairs"


class Cost(NamedTuple):
    """Of a pair with all its negatives."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Bench:
    """What is compared."""

    family: Name = "llava"
    """Whose shape the model has, always with 576 image tokens."""
    pairs: int = 48
    """Pairs that are there, those that warm up among them."""
    width: int = 512
    """Hidden size of both towers."""
    layers: int = 4
    """Layers of each tower."""
    rank: int = 16
    """Rank of the adapter."""
    batch: int = 4
    """Pairs in an optimiser step, all in one forward pass."""
    repeats: int = 3
    """Runs of each; ratios are taken within a repeat, and their median is shown."""
    less: bool = False
    """Only what is compared first: one negative, and TRL without activation checkpointing."""
    only: tuple[str, ...] = ()
    """Only these runs, by their names; numbers that need others are left out."""
    threads: int = 2
    """Threads of every process."""
    warm: int = WARM
    """Pairs that warm up."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Numbers to compute in; on a GPU also bfloat16."""
    device: Literal["auto", "cpu"] = "cpu"
    """`cpu`, or `auto` for a GPU."""
    attention: Literal["sdpa", "flex"] = "sdpa"
    """Burnish's kernel; FlexAttention needs a GPU."""
    json: str | None = None
    """Also write the numbers to this file, after each run."""


def main(bench: Bench) -> None:
    """Make model and pairs, run all in turns, print a table and the bars' numbers."""
    if bench.pairs < (least := bench.warm + 2 * bench.batch):
        raise SystemExit(f"--pairs {bench.pairs} leaves no step to time: give at least {least}.")
    os.environ |= {"OMP_NUM_THREADS": str(bench.threads), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as folder:
        home, words = Path(folder), Words()
        counts = {FEW: bench.pairs, **({} if bench.less else {MANY: bench.pairs})}
        shape = Shape(str(model_folder(home)), family=bench.family, width=bench.width, layers=bench.layers)
        alone(write_pairs, home, shape, counts, words, bench.device)
        difference = alone(differences, home, FEW, bench.rank, bench.device)
        print(f"log-probabilities differ by {difference:.2g} nats at most", flush=True)
        peers = runs(bench, home)
        exact = bench.device == "auto"
        memory = {} if exact else {name: run(None).peak_mib for name, run in peers.items()}
        found: dict[str, list[Cost]] = {}
        numbers: dict[str, object] = {}
        for _ in range(bench.repeats):
            for name, run in peers.items():
                unseen = warm(name, bench)
                timed = run(bench.pairs - bench.warm + unseen)
                memory.setdefault(name, timed.peak_mib)
                found.setdefault(name, []).append(one := cost(timed, unseen))
                rates = f"{1 / one.seconds:.3f} pairs a second, {1 / one.cpu_seconds:.3f} a second of CPU time"
                print(f"{name}: {rates}, {memory[name]:,.0f} MiB above the loaded model", flush=True)
                numbers = compare(found, memory, difference, bench, words)
                if bench.json:  # after each run, so that one that is stopped loses no other
                    Path(bench.json).write_text(json.dumps({**numbers, "bench": asdict(bench)}, indent=2) + "\n")
    print(json.dumps(numbers, indent=2))


def runs(bench: Bench, home: Path) -> dict[str, Callable[[int | None], Epoch]]:
    """The runs of one repeat, in their order: over so many pairs, or a few steps in which memory is given back."""

    def one(peer: str, negatives: int, **options: object) -> Callable[[int | None], Epoch]:
        setup = Setup(
            home=str(home),
            negatives=negatives,
            rank=bench.rank,
            batch=bench.batch,
            dtype=bench.dtype,
            device=bench.device,
            attention=bench.attention,
        )

        def run(pairs: int | None) -> Epoch:
            if pairs is None:
                with environment(GIVE_BACK):
                    return alone(PEERS[peer], replace(setup, steps=WEIGHED_STEPS), **options)
            rows = pairs * (negatives if peer == "trl" else 1)
            return alone(PEERS[peer], replace(setup, steps=rows // bench.batch), **options)

        return run

    first = {
        STORED: one("burnish", FEW, references="stored"),
        COMPUTED: one("burnish", FEW, references="computed"),
        FAST: one("burnish", FEW, references="stored", encoded=True),
        LEAN: one("burnish", FEW, references="stored", encoded=True, kept="selective"),
        LEANEST: one("burnish", FEW, references="stored", encoded=True, kept="full"),
        TRL: one("trl", FEW, checkpointing=False),
    }
    others = {
        TRL_DEFAULT: one("trl", FEW, checkpointing=True),
        STORED_K4: one("burnish", MANY, references="stored"),
        COMPUTED_K4: one("burnish", MANY, references="computed"),
        TRL_K4: one("trl", MANY, checkpointing=False),
    }
    known = first if bench.less else first | others
    if strange := [name for name in bench.only if name not in known]:
        raise SystemExit(f"--only {strange[0]!r} is none of {', '.join(known)}.")
    return {name: run for name, run in known.items() if not bench.only or name in bench.only}


def warm(name: str, bench: Bench) -> int:
    """Pairs at a run's beginning that are not timed: one step, but for Burnish with references that are checked."""
    return bench.warm if name in (STORED, FAST, LEAN, LEANEST, STORED_K4) else bench.batch


def cost(epoch: Epoch, warm: int) -> Cost:
    """Without the first `warm` pairs, and without the last step, whose pairs were loaded beside earlier ones."""
    timed = epoch.ends[round(warm / epoch.pairs_a_step) - 1 : -1]
    pairs = (len(timed) - 1) * epoch.pairs_a_step
    return Cost((timed[-1].clock - timed[0].clock) / pairs, (timed[-1].cpu - timed[0].cpu) / pairs)


def compare(
    found: dict[str, list[Cost]], memory: dict[str, float], difference: float, bench: Bench, words: Words
) -> dict[str, object]:
    """The bars' numbers, and beside them what token counts allow."""

    def ratio(of: str, above: str, below: str) -> float | None:
        both = zip(found.get(above, ()), found.get(below, ()), strict=False)
        ratios: list[float] = [getattr(one, of) / getattr(other, of) for one, other in both]
        return median(ratios) if ratios else None

    def share(name: str, of: str = TRL) -> float | None:
        return memory[name] / memory[of] if {name, of} <= memory.keys() else None

    family = FAMILIES[bench.family]
    few, many = (limit(family, bench.width, bench.layers, words, negatives) for negatives in (FEW, MANY))
    fractions = {
        f"fraction_of_{name}": reached / most
        for name, reached, most in (
            ("limit", ratio("seconds", TRL, STORED), few.stored),
            ("limit_fast", ratio("seconds", TRL, FAST), few.cached),
            ("limit_k4", ratio("seconds", TRL_K4, STORED_K4), many.stored),
        )
        if reached is not None
    }
    numbers = {
        "speedup": ratio("seconds", TRL, STORED),
        "speedup_cpu": ratio("cpu_seconds", TRL, STORED),
        "speedup_computed": ratio("seconds", TRL, COMPUTED),
        "speedup_computed_cpu": ratio("cpu_seconds", TRL, COMPUTED),
        **{
            f"{measured}_{way}": value
            for way, name, most in (
                ("fast", FAST, few.cached),
                ("lean", LEAN, few.cached),
                ("leanest", LEANEST, few.recomputed),
            )
            for measured, value in (
                ("speedup", ratio("seconds", TRL, name)),
                ("speedup_cpu", ratio("cpu_seconds", TRL, name)),
                ("memory_ratio", share(name)),
                ("limit", most),
            )
        },
        "speedup_against_default": ratio("seconds", TRL_DEFAULT, STORED),
        "memory_ratio_against_default": share(STORED, TRL_DEFAULT),
        "speedup_k4": ratio("seconds", TRL_K4, STORED_K4),
        "speedup_k4_cpu": ratio("cpu_seconds", TRL_K4, STORED_K4),
        "speedup_k4_computed": ratio("seconds", TRL_K4, COMPUTED_K4),
        "memory_ratio": share(STORED),
        "memory_ratio_computed": share(COMPUTED),
        "max_logp_diff": difference,
        "limit": few.stored,
        "limit_computed": few.computed,
        "limit_k4": many.stored,
        **fractions,
    }
    return {
        **{name: value for name, value in numbers.items() if value is not None},
        "memory_mib": memory,
        "runs": {name: [cost._asdict() for cost in costs] for name, costs in found.items()},
    }


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Within this, processes that are started have these variables too."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def alone(work: Callable[P, T], *given: P.args, **options: P.kwargs) -> T:
    """What `work` returns in a fresh process, so that none inherits another's memory or caches."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given, **options).result()


if __name__ == "__main__":
    began = time.monotonic()
    main(tyro.cli(Bench))
    print(f"{time.monotonic() - began:,.0f} s")
