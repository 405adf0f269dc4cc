"""The output head on answer tokens: all logits at once beside blocks of them, forwards and backwards.

    python benchmarks/answer_head.py [--tokens 512] [--words 151936] [--width 512] [--json FILE]

As many words as Qwen2.5-VL's and Qwen3-VL's tokenizers have. Each way in a process of its own: the seconds of CPU time
it took, and its peak in memory above what it began with (`dpo_vs_trl.py` says how that is taken).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
import tyro
from torch import Tensor

from burnish.train.answer_head import logps_in_blocks
from dpo_peers import peak_of
from dpo_vs_trl import GIVE_BACK, alone, environment


@dataclass(frozen=True)
class Bench:
    """What is compared."""

    tokens: int = 512
    """Answer tokens in a forward pass: 4 pairs of answers of 60 words."""
    words: int = 151_936
    """Rows of the head."""
    width: int = 512
    """Hidden size."""
    threads: int = 1
    """Threads of every process."""
    json: str | None = None
    """Also write the numbers to this file."""


class Cost(NamedTuple):
    """Of a pass forwards and backwards."""

    cpu_seconds: float
    peak_mib: float


def at_once(hidden_PD: Tensor, weight_VD: Tensor, predictor_N: Tensor, token_N: Tensor) -> Tensor:
    """As `logps_in_blocks`, through all logits."""
    logits_PV = (hidden_PD @ weight_VD.T).float()
    logp_N: Tensor = logits_PV[predictor_N, token_N] - logits_PV.logsumexp(dim=1)[predictor_N]
    return logp_N


WAYS: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "at once": at_once,
    "in blocks": logps_in_blocks,
}


def cost(way: Literal["at once", "in blocks"], bench: Bench) -> Cost:
    """Of one way, in this process."""
    torch.manual_seed(0)
    weight_VD = torch.randn(bench.words, bench.width)
    hidden_PD = torch.randn(bench.tokens, bench.width).requires_grad_()
    number_N = torch.arange(bench.tokens)
    began = time.process_time()
    peak = peak_of(lambda: WAYS[way](hidden_PD, weight_VD, number_N, number_N).sum().backward())  # type: ignore[no-untyped-call]
    return Cost(time.process_time() - began, peak)


def main(bench: Bench) -> None:
    """Both, and what blocks save."""
    os.environ |= {"OMP_NUM_THREADS": str(bench.threads)}
    with environment(GIVE_BACK):
        whole, blocks = (alone(cost, way, bench) for way in ("at once", "in blocks"))
    numbers = {
        "at_once": whole._asdict(),
        "in_blocks": blocks._asdict(),
        "cpu_ratio": blocks.cpu_seconds / whole.cpu_seconds,
        "memory_ratio": blocks.peak_mib / whole.peak_mib,
    }
    print(json.dumps(numbers, indent=2))
    if bench.json:
        Path(bench.json).write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main(tyro.cli(Bench))
