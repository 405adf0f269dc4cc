"""The standard benchmarks by the name that `burnish score NAME` has for them: a new one is one file and one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from burnish.lazy import load

if TYPE_CHECKING:
    from burnish.bench.standard.numbers import Scored
    from burnish.bench.standard.submit import Submission


ROOM = "burnish.bench.standard"


class ScoreStandardConfig(Protocol):
    """What every configuration of `burnish score NAME` has."""

    benchmark: ClassVar[str]

    @property
    def json(self) -> str | None: ...


class SubmitConfig(Protocol):
    """What every configuration of `burnish submit NAME` has."""

    benchmark: ClassVar[str]


class Benchmark(NamedTuple):
    """Where a verb's configuration and function are, as `module:name`, imported only when it is called."""

    config: str
    call: str
    what: str


def _benchmark(module: str, config: str, what: str) -> Benchmark:
    return Benchmark(f"{ROOM}.configs:{config}", f"{ROOM}.{module}:score_files", what)


BENCHMARKS: Mapping[str, Benchmark] = {
    "pope": _benchmark("pope", "ScorePopeConfig", "POPE: yes or no, F1 by split"),
    "mme": _benchmark("mme", "ScoreMmeConfig", "MME: perception and cognition"),
    "vqav2": _benchmark("vqav2", "ScoreVqav2Config", "VQAv2: soft accuracy among ten answers"),
    "textvqa": _benchmark("textvqa", "ScoreTextvqaConfig", "TextVQA: the same, in EvalAI's form"),
    "vizwiz": _benchmark("vizwiz", "ScoreVizwizConfig", "VizWiz: VQAv2's rule"),
    "gqa": _benchmark("gqa", "ScoreGqaConfig", "GQA: exact answers"),
    "scienceqa": _benchmark("scienceqa", "ScoreScienceqaConfig", "ScienceQA-IMG: options by letter"),
    "mmbench": _benchmark("mmbench", "ScoreMmbenchConfig", "MMBench, en and cn: right in every rotation"),
    "seed": _benchmark("seed", "ScoreSeedConfig", "SEED-Image: options by letter"),
    "mmvet": _benchmark("mmvet", "ScoreMmvetConfig", "MM-Vet: a judge's recorded grades"),
    "llava-bench": _benchmark("llava_bench", "ScoreLlavaBenchConfig", "LLaVA-Bench: a judge's recorded reviews"),
    "shr": _benchmark("shr", "ScoreShrConfig", "SHR: a judge's recorded labels"),
}
SUBMISSIONS: Mapping[str, Benchmark] = {
    "vqav2": Benchmark(f"{ROOM}.configs:SubmitVqav2Config", f"{ROOM}.submit:submit_vqav2", "VQAv2's test answers"),
    "vizwiz": Benchmark(f"{ROOM}.configs:SubmitVizwizConfig", f"{ROOM}.submit:submit_vizwiz", "VizWiz's test answers"),
    "mmbench": Benchmark(f"{ROOM}.configs:SubmitMmbenchConfig", f"{ROOM}.submit:submit_mmbench", "MMBench's answers"),
}
"""Test sets that only a server can score."""


def score(config: ScoreStandardConfig) -> Scored[Any]:
    """The benchmark's scores, a noun of `burnish.scores`, and what each answer adds.

    Raises a BurnishError for files that cannot be scored.
    """
    scored: Scored[Any] = load(BENCHMARKS[config.benchmark].call)(config)
    return scored


def submit(config: SubmitConfig) -> Submission:
    """Write a benchmark's submission. Raises a BurnishError for files that do not fit."""
    written: Submission = load(SUBMISSIONS[config.benchmark].call)(config)
    return written
