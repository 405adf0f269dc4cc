"""The verbs that ask a model, and score what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from burnish.verbs.output import make_and_print

if TYPE_CHECKING:
    from burnish.bench.answers import AnswersConfig
    from burnish.bench.fixed import FixedConfig
    from burnish.bench.free import FreeConfig
    from burnish.bench.judged.configs import JudgeFlags
    from burnish.bench.results.configs import ImportResultsConfig, LmmsConfig
    from burnish.bench.sampled import SampledConfig
    from burnish.bench.standard.asking.configs import AskConfig
    from burnish.bench.teacher import BenchTeacherConfig


def bench_answers(config: AnswersConfig) -> None:
    """Ask and score, then draw tables and plots."""
    from burnish.bench.answers import bench_answers as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json, config.baseline)


def bench_fixed(config: FixedConfig) -> None:
    """Ask and score, then show tables 2 and 3 of FIRE."""
    from burnish.bench.fixed import bench_fixed as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json, config.baseline)


def bench_free(config: FreeConfig) -> None:
    """Hold dialogues and score them, then show tables 4 to 6 and figure 7 of FIRE."""
    from burnish.bench.free import bench_free as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json, *config.baseline)


def bench_teacher(config: BenchTeacherConfig) -> None:
    """Try to fool a teacher, then show how often that went well."""
    from burnish.bench.teacher import bench_teacher as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json)


def bench_standard(config: AskConfig) -> None:
    """Ask a standard benchmark's questions, write the answers, and show the scores."""
    from burnish.bench.standard.asking.bench import bench_standard as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json)


def bench_sampled(config: SampledConfig) -> None:
    """Draw answers, then tables and plots of how they change with the temperature."""
    from burnish.bench.sampled import bench_sampled as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json)


def bench_lmms(config: LmmsConfig) -> None:
    """Have lmms-eval run tasks, then show what it found."""
    from burnish.bench.results.running import bench_lmms as bench

    make_and_print(lambda: bench(config), Path(config.out), config.json)


def import_results(config: ImportResultsConfig) -> None:
    """Bring another harness's results, then show them."""
    from burnish.bench.results.importing import import_results as bring

    make_and_print(lambda: bring(config), Path(config.out), config.json)


def bench_judged(config: JudgeFlags) -> None:
    """Ask a judge and score what it says, then show the benchmark's tables."""
    from burnish.bench.judged.registry import bench

    make_and_print(lambda: bench(config), Path(config.out), config.json)
