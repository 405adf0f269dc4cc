"""What `burnish improve --plan` says: what each round asks and trains on, and how long that takes, before it starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from burnish.bench.answers import bench_answers
from burnish.make.from_dialogues import pairs_from_dialogues
from burnish.make.from_samples import pairs_from_samples
from burnish.make.pairs import PairsResult, make_pairs
from burnish.make.simulate import simulate
from burnish.report.plan_tables import duration
from burnish.report.tables import NOTHING, Table
from burnish.rounds import parts
from burnish.rounds.config import ImproveConfig
from burnish.sources import stream

TRIED: Final = (8, 24)
"""Examples that are tried twice over: what the second costs more is without the time that loading a model takes."""


class _PlannedPart(NamedTuple):
    """Of a round, or of all rounds together."""

    name: str
    examples: int
    replies: int
    longest: int
    """Tokens of a reply at most."""
    steps: int = 0
    seconds: float | None = None

    @property
    def row(self) -> tuple[str, ...]:
        """As the table has it."""
        numbers = [f"{one:,}" if one else "" for one in (self.examples, self.replies, self.replies * self.longest)]
        taken = NOTHING if self.seconds is None else duration(self.seconds)
        return (self.name, *numbers, f"{self.steps:,}" if self.steps else "", taken)


@dataclass(frozen=True, kw_only=True)
class _Speeds:
    """Seconds, each from a few examples."""

    examples: Mapping[str, float]
    """For an example, by way of making pairs, and "bench"."""
    pair: float | None
    """For a pair in training; None where no example that was tried gave one."""


def plan_table(config: ImproveConfig) -> Table:
    """Replies, tokens, optimiser steps and hours, by what they are for.

    Raises a BurnishError for flags, models or sources that are wrong.
    """
    speeds = _speeds(config)
    made = [part for number in range(1, config.rounds + 1) for part in _round(config, number, speeds)]
    benches = parts.answers_configs(config, 0, config.adapter)
    asked = sum(len(stream(one.source, one)) for one in benches)
    times = config.rounds + 1
    seconds = asked * times * speeds.examples["bench"]
    made.append(
        _PlannedPart("bench, before and after each round", asked, asked * times, benches[0].max_new_tokens, 0, seconds)
    )
    if config.test:
        tests = sum(len(stream(one.source, one)) for one in parts.test_configs(config, 0, config.adapter))
        seconds = 2 * tests * speeds.examples["bench"]
        made.append(
            _PlannedPart("test, before and after all rounds", tests, 2 * tests, benches[0].max_new_tokens, 0, seconds)
        )
    known = [part.seconds for part in made if part.seconds is not None]
    return Table(
        title=f"What {config.rounds} rounds ask and train on",
        columns=("", "examples", "replies at most", "tokens at most", "steps at most", "time at most"),
        rows=(*(part.row for part in made), ("all that is known", "", "", "", "", duration(sum(known)))),
        note=f"Times are measured on this machine with {TRIED[1]} examples, of which nothing is kept. A round trains "
        "on the pairs that it keeps, which are fewer.",
    )


def _round(config: ImproveConfig, number: int, speeds: _Speeds) -> list[_PlannedPart]:
    made: list[tuple[str, Any, int, int]] = []
    if "distort" in config.ways:
        pairs = parts.pairs_config(config, number, config.adapter)
        made.append(("distort", pairs, 1 + len(pairs.distortions), 1))
    if "sample" in config.ways:
        drawn = parts.samples_config(config, number, config.adapter)
        made.append(("sample", drawn, drawn.samples, 1))
    if "dialogues" in config.ways:
        talk = parts.simulate_config(config, number, config.adapter)
        made.append(("dialogues", talk, 2 * talk.max_turns, talk.max_turns))
    found, trained = [], 0
    for way, one, replies, pairs_each in made:
        examples = len(stream(one.source, one))
        trained += examples * pairs_each
        seconds = examples * speeds.examples[way]
        found.append(
            _PlannedPart(f"round {number}, {way}", examples, examples * replies, one.max_new_tokens, 0, seconds)
        )
    train = parts.train_config(config, number, config.adapter, [parts.folder(config, number) / "pairs"])
    steps = -(-trained // train.batch_size) * train.epochs
    steps = steps if train.max_steps is None else min(steps, train.max_steps)
    taken = None if speeds.pair is None else steps * min(train.batch_size, trained) * speeds.pair
    return [*found, _PlannedPart(f"round {number}, training", 0, 0, 0, steps, taken)]


def _speeds(config: ImproveConfig) -> _Speeds:
    with TemporaryDirectory(prefix="burnish-plan-") as folder:
        tried = [
            replace(config, out=str(Path(folder) / str(count)), limit=count, eval_limit=count, plan=False)
            for count in TRIED
        ]
        made, examples = list[PairsResult](), dict[str, float]()
        for way in config.ways:
            results, examples[way] = _timed(tried, _WAYS[way])
            made.append(results[-1])
        _, examples["bench"] = _timed(tried, lambda one: bench_answers(parts.answers_configs(one, 0, one.adapter)[0]))
        return _Speeds(examples=examples, pair=_seconds_per_pair(tried[-1], made))


def _seconds_per_pair(config: ImproveConfig, made: Sequence[PairsResult]) -> float | None:
    from burnish.train.session import plan_training

    kept = sum(one.kept for one in made)
    if not kept:
        return None
    train = parts.train_config(config, 1, config.adapter, [one.run for one in made if one.kept])
    return plan_training(train).seconds_per_step / min(train.batch_size, kept)


def _timed(tried: Sequence[ImproveConfig], make: Callable[[ImproveConfig], Any]) -> tuple[list[Any], float]:
    """What is made of both numbers of examples, and the seconds for an example."""
    results, seconds = [], []
    for config in tried:
        began = time.perf_counter()
        results.append(make(config))
        seconds.append(time.perf_counter() - began)
    return results, max(0.0, seconds[1] - seconds[0]) / (TRIED[1] - TRIED[0])


def _by_distortion(config: ImproveConfig) -> PairsResult:
    return make_pairs(parts.pairs_config(config, 1, config.adapter))


def _by_sampling(config: ImproveConfig) -> PairsResult:
    return pairs_from_samples(parts.samples_config(config, 1, config.adapter))


def _of_dialogues(config: ImproveConfig) -> PairsResult:
    simulate(parts.simulate_config(config, 1, config.adapter))
    return pairs_from_dialogues(parts.dialogues_config(config, 1))


_WAYS: Final[Mapping[str, Callable[[ImproveConfig], PairsResult]]] = {
    "distort": _by_distortion,
    "sample": _by_sampling,
    "dialogues": _of_dialogues,
}
