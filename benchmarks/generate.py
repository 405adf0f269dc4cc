"""Answers for preference pairs, and dialogues, beside transformers' `generate` given one prompt at a time.

    python benchmarks/generate.py [--model pocket] [--examples 256] [--batch-size 32] [--repeats 3] [--json FILE]

Each example is asked about its picture and about two distorted copies. `one at a time` hands each prompt to
`generate` alone, `generate` is Burnish without reference log-probabilities, `contrast` is what `burnish pairs` does,
with them. Requests are built beforehand; all three encode them with the same processor. Then a student and a teacher
talk (`generate_dialogues.py`). All run in turns; ratios are taken within a repeat, and their median is shown.

    python benchmarks/generate.py --family llava --examples 16 --batch-size 8 --max-new-tokens 48

does so on a random model in a family's shape, whose pictures are 576 tokens, and prints the limit that its own speed of
reading and choosing sets (`generate_pictures.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

import torch
import tyro

from burnish.distort import distortion_seed
from burnish.generation.questions import clean_request, distorted_request, parse_distortions
from burnish.models import Decoding, ModelOptions, ScoredReply, Variants
from burnish.models.local import LocalModel
from burnish.records import Example
from burnish.sources import Sampling, stream
from generate_alone import one_at_a_time
from generate_dialogues import compare
from generate_pictures import measure
from shapes import Name

T = TypeVar("T")


@dataclass(frozen=True)
class Bench:
    """What is compared."""

    model: str = "pocket"
    """A model of transformers."""
    family: Name | None = None
    """Take a random model in this family's shape instead, with 576 image tokens."""
    width: int = 512
    """Its hidden size."""
    source: str = "pocket:train/description"
    """Where pictures and questions come from."""
    examples: int = 256
    """Questions; each is asked about its picture and about every distorted copy."""
    distort: tuple[str, ...] = ("noise:800", "moco")
    """The distortions."""
    dialogues: int = 128
    """Dialogues of the pocket student and teacher."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""
    batch_size: int = 32
    """Prompts that Burnish answers at a time."""
    repeats: int = 3
    """Runs of each."""
    threads: int = 2
    """Threads of torch."""
    device: str = "cpu"
    """Where the model is."""
    json: str | None = None
    """Also write the numbers to this file."""


class Times(NamedTuple):
    """Seconds of one repeat."""

    alone: float
    generate: float
    contrast: float


def main(bench: Bench) -> None:
    """Run all in turns, check that they agree, print the bars' numbers."""
    torch.set_num_threads(bench.threads)
    numbers, runs = (of_pictures(bench), None) if bench.family else of_model(bench)
    print(json.dumps(numbers, indent=2))
    if bench.json:
        Path(bench.json).write_text(json.dumps({**numbers, "runs": runs, "bench": asdict(bench)}, indent=2) + "\n")


def of_pictures(bench: Bench) -> dict[str, object]:
    """On a random model in a family's shape."""
    assert bench.family is not None
    return measure(
        bench.family,
        width=bench.width,
        examples=bench.examples,
        tokens=bench.max_new_tokens,
        batch=bench.batch_size,
        repeats=bench.repeats,
    )


def of_model(bench: Bench) -> tuple[dict[str, object], list[dict[str, float]]]:
    """On a model that answers, and what each repeat took."""
    model = LocalModel.open(ModelOptions(model=bench.model, device=bench.device, batch_size=bench.batch_size))
    asked, decoding = variants(bench), Decoding(max_new_tokens=bench.max_new_tokens)
    requests = [request for clean, distorted in asked for request in (clean, *distorted)]
    model.contrast(asked[:4], decoding)  # warms up
    times = []
    for _ in range(bench.repeats):
        alone_s, expected = timed(lambda: one_at_a_time(model, requests, decoding))
        generate_s, replies = timed(lambda: model.generate(requests, decoding))
        contrast_s, contrasted = timed(lambda: model.contrast(asked, decoding))
        weighed = [one for row in contrasted for one in row]
        equal = expected == [reply.token_ids for reply in replies] == [one.reply.token_ids for one in weighed]
        times.append(Times(alone_s, generate_s, contrast_s))
        print(f"{alone_s:.2f} s one at a time, {generate_s:.2f} s generate, {contrast_s:.2f} s contrast", flush=True)
    numbers: dict[str, object] = {
        "speedup": median(one.alone / one.contrast for one in times),
        "speedup_without_scores": median(one.alone / one.generate for one in times),
        "score_extra": median(one.contrast / one.generate - 1 for one in times),
        "max_logp_diff": furthest(model, asked, contrasted),
        "equal": equal,
        "answers": len(requests),
        "tokens": sum(map(len, expected)),
        **compare(bench.dialogues, bench.batch_size, bench.repeats),
    }
    return numbers, [one._asdict() for one in times]


def variants(bench: Bench) -> list[Variants]:
    """What is asked."""
    distortions = parse_distortions(bench.distort)
    return [
        Variants(
            clean_request(example),
            tuple(distorted_request(example, one, distortion_seed(0, example, one.spec)) for one in distortions),
        )
        for example in islice(stream(bench.source, Sampling()).from_index(0), bench.examples)
        if isinstance(example, Example)
    ]


def furthest(model: LocalModel, asked: Sequence[Variants], contrasted: Sequence[Sequence[ScoredReply]]) -> float:
    """By how many nats a log-probability differs from the one of a pass of its own, at most."""
    answers = [[one.reply.token_ids for one in row] for row in contrasted]
    scores = model.score([clean for clean, _ in asked], answers)
    return max(
        abs(one.logp - logp)
        for row, logps in zip(contrasted, scores, strict=True)
        for one, logp in zip(row, logps, strict=True)
        if one.logp is not None
    )


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it takes, and what it returns."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main(tyro.cli(Bench))
