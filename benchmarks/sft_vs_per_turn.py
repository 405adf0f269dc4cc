"""Fine-tuning on dialogues: each read once, against a sample a turn; samples a second, peak memory, the same loss.

    python benchmarks/sft_vs_per_turn.py [--dialogues 20] [--turns 4] [--repeats 3] [--json FILE]

A random model in LLaVA-1.5's shape (576 image tokens) learns either role of FIRE, on random dialogues with texts and
prompts as long as FIRE's, with the paper's adapter (rank 64 on queries and keys). Each run has a process of its own;
they run in turns. `packed` is Burnish; `per turn` its trainer with a sample a turn, sorted by length within a step as
ever; `trl` is TRL's SFTTrainer on the same samples, without activation checkpointing. A student learns all responses
but the first, so of 4 turns it has 3 samples; its teacher has 4. Beside the clock the processes' own CPU time is taken,
which others on the machine change little (`_cpu`). Memory is taken in runs of their own, of two steps, in which freed
memory is given back at once.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import get_args

import tyro

from dpo_vs_trl import GIVE_BACK, alone, environment
from sft_dialogues import Role, write_dialogues
from sft_peers import PEERS, Allowed, Cost, Difference, Setup, allowed, differences

PACKED = "packed"
WEIGHED_STEPS = 2
"""Optimiser steps of a run whose memory is taken."""


@dataclass(frozen=True)
class Bench:
    """What is compared."""

    dialogues: int = 20
    """Dialogues in the epoch. The first step warms up; neither it nor the last is timed."""
    turns: int = 4
    """Turns of each dialogue."""
    width: int = 512
    """Hidden size of both towers."""
    layers: int = 4
    """Layers of each tower."""
    batch: int = 4
    """Dialogues in an optimiser step."""
    per_device: int = 2
    """Samples in one forward pass. With 4 dialogues the largest activations pass the 32 MiB from which on the C library
    gets every block afresh, page by page, while 4 turns stay below."""
    roles: tuple[Role, ...] = get_args(Role)
    """Who learns."""
    peers: tuple[str, ...] = tuple(PEERS)
    """Who trains, `packed` among them."""
    repeats: int = 3
    """Runs of each; ratios are taken within a repeat, and their median is shown."""
    threads: int = 2
    """Threads of every process."""
    json: str | None = None
    """Also write the numbers to this file."""


def main(bench: Bench) -> None:
    """Make model and dialogues, run all in turns, print the bars' numbers."""
    os.environ |= {"OMP_NUM_THREADS": str(bench.threads), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    numbers: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as home:
        alone(write_dialogues, Path(home), bench.width, bench.layers, bench.dialogues, bench.turns)
        for role in bench.roles:
            setup = Setup(
                home=home,
                role=role,
                turns=bench.turns - 1 if role == "student" else bench.turns,
                batch=bench.batch,
                per_device=bench.per_device,
            )
            difference, limit = alone(differences, setup), alone(allowed, setup)
            print(f"{role}: {difference}, {limit}", flush=True)
            memory = _weighed(bench, setup)
            numbers |= compare(role, _measured(bench, setup), memory, difference, limit)
    print(json.dumps(numbers, indent=2))
    if bench.json:
        Path(bench.json).write_text(json.dumps({**numbers, "bench": asdict(bench)}, indent=2) + "\n")


def compare(
    role: Role, found: dict[str, list[Cost]], memory: dict[str, float], difference: Difference, limit: Allowed
) -> dict[str, object]:
    """A role's numbers, and beside them what token counts allow."""

    def ratio(of: str, above: str, below: str) -> float:
        both = zip(found[above], found[below], strict=True)
        ratios: list[float] = [getattr(one, of) / getattr(other, of) for one, other in both]
        return median(ratios)

    numbers: dict[str, object] = {}
    for peer in found:
        if peer == PACKED:
            continue
        name = f"{role}" if peer == "per turn" else f"{role}_{peer}"
        numbers |= {
            f"speedup_{name}": ratio("seconds", peer, PACKED),
            f"speedup_{name}_cpu": ratio("cpu_seconds", peer, PACKED),
            f"memory_ratio_{name}": memory[PACKED] / memory[peer],
            f"fraction_of_limit_{name}": ratio("seconds", peer, PACKED) / limit.operations,
        }
    return numbers | {
        f"limit_{role}": limit.operations,
        f"limit_tokens_{role}": limit.tokens,
        f"max_loss_diff_{role}": difference.loss,
        f"max_logp_diff_{role}": difference.logp,
        f"max_gradient_diff_{role}": difference.gradient,
        f"memory_mib_{role}": memory,
        f"runs_{role}": {name: [cost._asdict() for cost in costs] for name, costs in found.items()},
    }


def _measured(bench: Bench, setup: Setup) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {}
    for _ in range(bench.repeats):
        for name in bench.peers:
            found.setdefault(name, []).append(cost := alone(PEERS[name], setup))
            rates = f"{1 / cost.seconds:.3f} dialogues a second, {1 / cost.cpu_seconds:.3f} a second of CPU time"
            print(f"{setup.role}, {name}: {rates}", flush=True)
    return found


def _weighed(bench: Bench, setup: Setup) -> dict[str, float]:
    """Peaks above the loaded model, MiB."""
    with environment(GIVE_BACK):
        return {name: alone(PEERS[name], replace(setup, steps=WEIGHED_STEPS)).peak_mib for name in bench.peers}


if __name__ == "__main__":
    began = time.monotonic()
    main(tyro.cli(Bench))
    print(f"{time.monotonic() - began:,.0f} s")
