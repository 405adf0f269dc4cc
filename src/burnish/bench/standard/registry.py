"""The standard benchmarks by the name that `burnish score NAME` has for them: a new one is one file and one line."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol


class ScoreStandardConfig(Protocol):
    """What every configuration of `burnish score NAME` has."""

    benchmark: ClassVar[str]

    @property
    def json(self) -> str | None: ...


class Benchmark(NamedTuple):
    """Where its configuration and its scorer are, as `module:name`, imported only when they are called."""

    config: str
    score: str
    what: str


def _benchmark(module: str, config: str, what: str) -> Benchmark:
    room = "burnish.bench.standard"
    return Benchmark(f"{room}.configs:{config}", f"{room}.{module}:score_files", what)


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


def score(config: ScoreStandardConfig) -> Any:
    """The benchmark's scores, a noun of `burnish.scores`. Raises a BurnishError for files that cannot be scored."""
    module, _, name = BENCHMARKS[config.benchmark].score.partition(":")
    return getattr(importlib.import_module(module), name)(config)
