"""DPO on a model in LLaVA-1.5's shape, beside TRL: pairs a second, peak memory, and the same log-probabilities.

    python benchmarks/dpo_vs_trl.py [--pairs 48] [--width 512] [--layers 4] [--repeats 3] [--json FILE]

Both train the same adapter on the same pairs in the same batches, each run in a process of its own, in turns. An
epoch's first 16 pairs warm up (there Burnish checks stored references) and are not timed; TRL's reference pass is part
of its epoch. `burnish` uses references stored with the pairs, `burnish, computed` computes them, `trl` is TRL without
activation checkpointing, `trl, default` has it on. With K negatives TRL gets K pairs, as it knows no others. Beside
the clock the processes' own CPU time is taken, which others on the machine change little (`_cpu`).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal, ParamSpec, TypeVar

import tyro

from dpo_limit import limit
from dpo_pairs import Words, write_pairs
from dpo_peers import PEERS, Cost, Setup, differences

P = ParamSpec("P")
T = TypeVar("T")
WARM = 16
"""Pairs at the beginning of an epoch that are not timed."""
FEW, MANY = 1, 4
"""Negatives a pair."""
STORED, COMPUTED = "burnish", "burnish, computed"
STORED_K4, COMPUTED_K4 = "burnish, 4 negatives", "burnish, 4 negatives, computed"
TRL, TRL_DEFAULT, TRL_K4 = "trl", "trl, default", "trl, 4 pairs"


@dataclass(frozen=True)
class Bench:
    """What is compared."""

    pairs: int = 48
    """Pairs in the epoch, those that warm up among them."""
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
    threads: int = 2
    """Threads of every process."""
    warm: int = WARM
    """Pairs that warm up."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Numbers to compute in; on a GPU also bfloat16."""
    device: Literal["auto", "cpu"] = "cpu"
    """`cpu`, or `auto` for a GPU."""
    json: str | None = None
    """Also write the numbers to this file."""


def main(bench: Bench) -> None:
    """Make model and pairs, run all in turns, print a table and the bars' numbers."""
    os.environ |= {"OMP_NUM_THREADS": str(bench.threads), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as folder:
        home, words = Path(folder), Words()
        alone(write_pairs, home, bench.width, bench.layers, {FEW: bench.pairs, MANY: bench.pairs}, words)
        difference = alone(differences, home, FEW, bench.rank)
        print(f"log-probabilities differ by {difference:.2g} nats at most", flush=True)
        found: dict[str, list[Cost]] = {}
        for _ in range(bench.repeats):
            for name, run in runs(bench, home).items():
                found.setdefault(name, []).append(cost := run())
                rates = f"{1 / cost.seconds:.3f} pairs a second, {1 / cost.cpu_seconds:.3f} a second of CPU time"
                print(f"{name}: {rates}, {cost.peak_mib:,.0f} MiB", flush=True)
    numbers = compare(found, difference, bench, words)
    print(json.dumps(numbers, indent=2))
    if bench.json:
        Path(bench.json).write_text(json.dumps({**numbers, "bench": asdict(bench)}, indent=2) + "\n")


def runs(bench: Bench, home: Path) -> dict[str, Callable[[], Cost]]:
    """The runs of one repeat, in their order."""

    def one(peer: str, negatives: int, **options: object) -> Callable[[], Cost]:
        setup = Setup(
            home=str(home),
            negatives=negatives,
            rank=bench.rank,
            batch=bench.batch,
            warm=bench.warm,
            dtype=bench.dtype,
            device=bench.device,
        )
        return lambda: alone(PEERS[peer], setup, **options)

    return {
        STORED: one("burnish", FEW, references="stored"),
        COMPUTED: one("burnish", FEW, references="computed"),
        TRL: one("trl", FEW, checkpointing=False),
        TRL_DEFAULT: one("trl", FEW, checkpointing=True),
        STORED_K4: one("burnish", MANY, references="stored"),
        COMPUTED_K4: one("burnish", MANY, references="computed"),
        TRL_K4: one("trl", MANY, checkpointing=False),
    }


def compare(found: dict[str, list[Cost]], difference: float, bench: Bench, words: Words) -> dict[str, object]:
    """The bars' numbers, and beside them what token counts allow."""

    def ratio(of: str, above: str, below: str) -> float:
        both = zip(found[above], found[below], strict=True)
        ratios: list[float] = [getattr(one, of) / getattr(other, of) for one, other in both]
        return median(ratios)

    few, many = (limit(bench.width, bench.layers, words, negatives) for negatives in (FEW, MANY))
    speedup, speedup_k4 = ratio("seconds", TRL, STORED), ratio("seconds", TRL_K4, STORED_K4)
    return {
        "speedup": speedup,
        "speedup_cpu": ratio("cpu_seconds", TRL, STORED),
        "speedup_computed": ratio("seconds", TRL, COMPUTED),
        "speedup_computed_cpu": ratio("cpu_seconds", TRL, COMPUTED),
        "speedup_against_default": ratio("seconds", TRL_DEFAULT, STORED),
        "speedup_k4": speedup_k4,
        "speedup_k4_cpu": ratio("cpu_seconds", TRL_K4, STORED_K4),
        "speedup_k4_computed": ratio("seconds", TRL_K4, COMPUTED_K4),
        "memory_ratio": ratio("peak_mib", STORED, TRL),
        "memory_ratio_computed": ratio("peak_mib", COMPUTED, TRL),
        "max_logp_diff": difference,
        "limit": few.stored,
        "limit_computed": few.computed,
        "limit_k4": many.stored,
        "fraction_of_limit": speedup / few.stored,
        "fraction_of_limit_k4": speedup_k4 / many.stored,
        "runs": {name: [cost._asdict() for cost in costs] for name, costs in found.items()},
    }


def alone(work: Callable[P, T], *given: P.args, **options: P.kwargs) -> T:
    """What `work` returns in a fresh process, so that none inherits another's memory or caches."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given, **options).result()


if __name__ == "__main__":
    began = time.monotonic()
    main(tyro.cli(Bench))
    print(f"{time.monotonic() - began:,.0f} s")
