"""`burnish compare together`: several benchmarks and seeds in one verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.bench.compare.configs import CompareConfig
from burnish.bench.compare.meta_analysis import Effect, Mean, holm, over_seeds, random_effects, smallest_change
from burnish.bench.compare.verb import compare
from burnish.errors import ConfigError, RunError
from burnish.scores import CONFIDENCE, Compared, Metric, Overall, Together, TogetherRow, Verdict
from burnish.uncertainty import Z


@dataclass(frozen=True, kw_only=True)
class TogetherConfig:
    """Say whether a model is better over several benchmarks, or over several seeds, correcting for their number."""

    before: tuple[str, ...]
    """Results of the first model, as `burnish compare` takes them, one per benchmark and seed."""
    after: tuple[str, ...]
    """Results of the second model, in the same order."""
    may_differ: tuple[str, ...] = ()
    """Settings that may differ beside model, adapter and seed. A refusal names them."""
    json: str | None = None
    """Also write the numbers to this file."""

    def __post_init__(self) -> None:
        if len(self.before) != len(self.after) or not self.before:
            raise ConfigError(
                f"--before names {len(self.before)} results and --after {len(self.after)}: give one of each for every "
                "benchmark and seed, in the same order."
            )


def compare_together(config: TogetherConfig) -> Together:
    """All comparisons, those of one benchmark's seeds as one. Raises a BurnishError for what is not comparable."""
    pairs = zip(config.before, config.after, strict=True)
    found = [compare(CompareConfig(before=a, after=b, may_differ=config.may_differ)) for a, b in pairs]
    return together(found)


def together(found: Sequence[Compared]) -> Together:
    """One row per benchmark; a verdict needs Holm's correction over the rows."""
    (one,) = together_by_model({"": found}).values()
    return one


def together_by_model(found: Mapping[str, Sequence[Compared]]) -> dict[str, Together]:
    """The same for several models, each against one other: the correction is over all rows of them all."""
    names = benchmark_names([one for of in found.values() for one in of])
    groups: dict[tuple[str, str], list[Compared]] = {}
    for model, of in found.items():
        for one in of:
            groups.setdefault((model, names[benchmark_key(one)]), []).append(one)
    means = {place: _mean(of) for place, of in groups.items()}
    corrected = holm([mean.p_value for mean in means.values()])
    rows: dict[str, list[TogetherRow]] = {model: [] for model in found}
    for ((model, name), mean), p_value in zip(means.items(), corrected, strict=True):
        rows[model].append(_row(name, groups[model, name], mean, p_value))
    return {model: Together(rows=tuple(of), overall=_overall(of)) for model, of in rows.items()}


def benchmark_key(one: Compared) -> tuple[str, str, str]:
    """What comparisons of one benchmark, which are seeds, have in common: title, questions, and what decides."""
    return one.title or one.benchmark, one.questions, one.headline.metric


def benchmark_names(found: Sequence[Compared]) -> dict[tuple[str, str, str], str]:
    """The benchmarks' titles, with more behind those that several have."""
    keys = dict.fromkeys(map(benchmark_key, found))
    titles = [title for title, *_ in keys]
    return {key: key[0] if titles.count(key[0]) == 1 else f"{key[0]}, {key[1] or key[2]}" for key in keys}


def _mean(found: Sequence[Compared]) -> Mean:
    """Over seeds, or of the one comparison with the p-value of its own test."""
    changes = [_change(one) for one in found]
    mean = over_seeds(changes)
    score = found[0].headline
    if len(found) > 1 or score.p_value is None:
        return mean
    difference = score.difference
    return mean._replace(low=difference.low or 0.0, high=difference.high or 0.0, p_value=score.p_value)


def _change(one: Compared) -> Effect:
    """The headline's change, whose error is never below what half a question makes."""
    difference = one.headline.difference
    if difference.value is None or difference.low is None or difference.high is None:
        raise RunError(
            f"{one.after.path} has no interval for its change of {one.headline.metric}: it needs answers about several "
            "pictures."
        )
    scale = 1.0 if _metric(one).unit != "%" else 0.5 / max(1, difference.n)
    return Effect(difference.value, max((difference.high - difference.low) / (2 * Z), scale))


def _metric(one: Compared) -> Metric:
    return next(metric for metric in one.metrics if metric.name == one.headline.metric)


def _row(name: str, found: Sequence[Compared], mean: Mean, p_value: float) -> TogetherRow:
    metric, k = _metric(found[0]), len(found)
    error = (mean.high - mean.low) / (2 * Z)
    return TogetherRow(
        benchmark=name,
        metric=metric,
        pairs=k,
        n=found[0].n,
        before=sum(one.headline.before.value or 0.0 for one in found) / k,
        after=sum(one.headline.after.value or 0.0 for one in found) / k,
        change=mean.value,
        low=mean.low,
        high=mean.high,
        p_value=mean.p_value,
        corrected=p_value,
        smallest=smallest_change(error),
        between_seeds=mean.between if k > 1 else None,
        verdict=_verdict(metric, mean, p_value),
        judging=found[0].after.judging,
    )


def _verdict(metric: Metric, mean: Mean, p_value: float) -> Verdict:
    if p_value >= 1 - CONFIDENCE or mean.low <= 0 <= mean.high:
        return "undecided"
    if metric.better == "neither":
        return "higher" if mean.value > 0 else "lower"
    return "better" if (mean.value > 0) == (metric.better == "higher") else "worse"


def _overall(rows: Sequence[TogetherRow]) -> Overall | None:
    """The mean over benchmarks whose numbers are shares, a change for the better being positive."""
    shares = [row for row in rows if row.metric.unit == "%" and row.metric.better != "neither"]
    if len(shares) < 2:
        return None
    signs = [1 if row.metric.better == "higher" else -1 for row in shares]
    errors = [max((row.high - row.low) / (2 * Z), 0.5 / max(1, row.n)) for row in shares]
    mean = random_effects(
        [Effect(sign * row.change, error) for sign, row, error in zip(signs, shares, errors, strict=True)]
    )
    called = mean.p_value < 1 - CONFIDENCE and not mean.low <= 0 <= mean.high
    return Overall(
        benchmarks=len(shares),
        left_out=len(rows) - len(shares),
        change=mean.value,
        low=mean.low,
        high=mean.high,
        p_value=mean.p_value,
        between=mean.between,
        share=mean.share,
        verdict=("better" if mean.value > 0 else "worse") if called else "undecided",
    )
