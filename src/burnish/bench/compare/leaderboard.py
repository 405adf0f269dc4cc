"""`burnish compare leaderboard`: many models on several benchmarks, each against one baseline on the same questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import NamedTuple, TypeAlias

import tyro

from burnish.bench.compare.compatibility import refuse_unlike
from burnish.bench.compare.inputs import Side
from burnish.bench.compare.loaders import read_side
from burnish.bench.compare.together import benchmark_key, benchmark_names, together_by_model
from burnish.bench.compare.verb import compare_sides
from burnish.errors import ConfigError, RunError
from burnish.scores import Compared, Direction, Estimate, Leaderboard, LeaderboardRow, Together

QuestionSet: TypeAlias = tuple[str, frozenset[tuple[str, str]]]
"""A benchmark and its questions."""
_BETTER: Mapping[Direction, int] = {"higher": 1, "lower": -1, "neither": 0}


@dataclass(frozen=True, kw_only=True)
class LeaderboardConfig:
    """Rank many models over several benchmarks and seeds, each against one baseline, and draw the page."""

    results: tyro.conf.Positional[tuple[str, ...]]
    """Results as `burnish compare` takes them. Results of one model are its benchmarks and seeds. A model is called by
    its name and adapter, or as you say: `seva=runs/seva-seed1 seva=runs/seva-seed2`."""
    baseline: str | None = None
    """The model that all others are compared with, by its name. Default: the one of the first result."""
    may_differ: tuple[str, ...] = ()
    """Settings that may differ beside model, adapter and seed. A refusal names them."""
    out: str = "leaderboard"
    """Folder for the page and the forest plot."""
    json: str | None = None
    """Also write the numbers to this file."""

    def __post_init__(self) -> None:
        if len(self.results) < 2:
            raise ConfigError("A leaderboard needs two results or more, of one benchmark and two models at least.")


class _Named(NamedTuple):
    """A result, and whose it is."""

    model: str
    side: Side


def leaderboard(config: LeaderboardConfig) -> Leaderboard:
    """All models, the best first, those that lack a benchmark last. Raises a BurnishError for results unlike others."""
    results = [_read(given) for given in config.results]
    counts = Counter(one.model for one in results)
    baseline = config.baseline or results[0].model
    if baseline not in counts or len(counts) < 2:
        raise ConfigError(
            f"The results are of {', '.join(counts)}: two models are needed, and --baseline must be one of these "
            "(NAME=RESULT says whose a result is)."
        )
    first = _by_questions(results, baseline)
    others = [model for model in counts if model != baseline]
    found = {model: _against(first, _by_questions(results, model), config.may_differ) for model in others}
    every = [one for of in found.values() for one in of]
    names = benchmark_names(every)
    togethers = together_by_model(found)
    rows = [
        _row(baseline, counts, names, {one.before.path: (one, one.headline.before) for one in every}, None),
        *(
            _row(model, counts, names, {one.after.path: (one, one.headline.after) for one in of}, togethers[model])
            for model, of in found.items()
        ),
    ]
    metrics = {row.benchmark: row.metric for one in togethers.values() for row in one.rows}
    rows.sort(key=lambda row: (row.values.keys() == metrics.keys(), _standing(row)), reverse=True)
    return Leaderboard(baseline=baseline, metrics=metrics, rows=tuple(rows))


def _read(given: str) -> _Named:
    """`NAME=RESULT`, or a result alone."""
    name, equals, path = given.partition("=")
    named = bool(equals) and not Path(given).exists()
    side = read_side(path if named else given)
    return _Named(name if named else side.name, side)


def _by_questions(results: Sequence[_Named], model: str) -> dict[QuestionSet, list[Side]]:
    found: dict[QuestionSet, list[Side]] = {}
    for one in results:
        if one.model == model:
            found.setdefault((one.side.benchmark, one.side.asked), []).append(one.side)
    return found


def _against(
    first: Mapping[QuestionSet, Sequence[Side]],
    other: Mapping[QuestionSet, Sequence[Side]],
    may_differ: Collection[str],
) -> list[Compared]:
    """Each result against the baseline's of the same questions: seeds pair by pair, or all against a single one."""
    found = []
    for asked, sides in other.items():
        before = list(first.get(asked, ()))
        if len(before) not in {1, len(sides)}:
            raise RunError(
                f"{sides[0].path} is one of {len(sides)} results of a model on these questions, and the baseline has "
                f"{len(before)}: give one of the baseline, or as many."
            )
        for old, new in zip(before if len(before) > 1 else [*before] * len(sides), sides, strict=True):
            refuse_unlike(old, new, may_differ)
            found.append(compare_sides(old, new))
    return found


def _row(
    model: str,
    counts: Mapping[str, int],
    names: Mapping[tuple[str, str, str], str],
    changes: Mapping[str, tuple[Compared, Estimate]],
    together: Together | None,
) -> LeaderboardRow:
    values: dict[str, list[Estimate]] = {}
    for one, estimate in changes.values():
        values.setdefault(names[benchmark_key(one)], []).append(estimate)
    means = {name: of[0] if len(of) == 1 else _over_seeds(of) for name, of in values.items()}
    return LeaderboardRow(model=model, results=counts[model], values=means, together=together)


def _over_seeds(values: Sequence[Estimate]) -> Estimate:
    known = [one.value for one in values if one.value is not None]
    return Estimate(value=fmean(known) if known else None, low=None, high=None, n=values[0].n)


def _standing(row: LeaderboardRow) -> float:
    """The mean change from the baseline, for the better; the baseline's own is 0."""
    if row.together is None:
        return 0.0
    if row.together.overall is not None:
        return row.together.overall.change
    return fmean(_BETTER[one.metric.better] * one.change for one in row.together.rows)
