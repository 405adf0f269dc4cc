"""The benchmarks that can be asked, by name: a new one is one file, one configuration and one line."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from burnish.bench.standard.registry import ROOM
from burnish.lazy import load

if TYPE_CHECKING:
    from burnish.bench.standard.asking.base import Benchmark
    from burnish.bench.standard.asking.configs import AskConfig
    from burnish.records import Json


class Asked(NamedTuple):
    """Where a benchmark's configuration and opening function are, as `module:name`, imported only when needed."""

    config: str
    open: str
    what: str


def _asked(opening: str, config: str, what: str) -> Asked:
    return Asked(f"{ROOM}.asking.configs:{config}", f"{ROOM}.asking.{opening}", what)


ASKED: Mapping[str, Asked] = {
    "pope": _asked("pope:open_pope", "AskPopeConfig", "POPE, all splits"),
    "mme": _asked("mme:open_mme", "AskMmeConfig", "MME"),
    "vqav2": _asked("vqa:open_vqav2", "AskVqav2Config", "VQAv2"),
    "textvqa": _asked("textvqa:open_textvqa", "AskTextvqaConfig", "TextVQA"),
    "vizwiz": _asked("vqa:open_vizwiz", "AskVizwizConfig", "VizWiz"),
    "gqa": _asked("gqa:open_gqa", "AskGqaConfig", "GQA"),
    "scienceqa": _asked("scienceqa:open_scienceqa", "AskScienceqaConfig", "ScienceQA-IMG"),
    "mmbench": _asked("mmbench:open_mmbench", "AskMmbenchConfig", "MMBench, en and cn"),
    "seed": _asked("seed:open_seed", "AskSeedConfig", "SEED-Image"),
    "mmvet": _asked("described:open_mmvet", "AskMmvetConfig", "MM-Vet, for a judge"),
    "llava-bench": _asked("described:open_llava_bench", "AskLlavaBenchConfig", "LLaVA-Bench, for a judge"),
    "shr": _asked("described:open_shr", "AskShrConfig", "SHR's descriptions, for a judge"),
}


def config_of(name: str, settings: Mapping[str, Json]) -> AskConfig:
    """The benchmark's configuration that a run's manifest keeps."""
    kind: type[AskConfig] = load(ASKED[name].config)
    names = {field.name for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items() if name in names
    }
    return kind(**values)


def open_benchmark(config: AskConfig) -> Benchmark:
    """The benchmark that the configuration is for. Raises SourceError where its files cannot be used."""
    opened: Benchmark = load(ASKED[config.benchmark].open)(config)
    return opened
