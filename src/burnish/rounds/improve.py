"""The rounds: pairs, training, bench and verdict, each by the verb's own function, and when to stop."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.bench.compare.configs import CompareConfig
from burnish.bench.compare.loaders import read_side
from burnish.bench.compare.together import together
from burnish.bench.compare.verb import compare
from burnish.errors import ConfigError, NothingAnswered
from burnish.make.from_dialogues import pairs_from_dialogues
from burnish.make.from_samples import pairs_from_samples
from burnish.make.pairs import make_pairs
from burnish.make.simulate import simulate
from burnish.records import Json
from burnish.rounds import parts
from burnish.rounds.config import NEVER, ImproveConfig
from burnish.scores import Compared, Verdict


class PairRun(NamedTuple):
    """A run of pairs."""

    run: Path
    made: int
    """Examples or dialogues that went in."""
    kept: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """What became of one round; number 0 is the model before all rounds."""

    number: int
    adapter: str | None
    """None where the model has none."""
    pairs: tuple[PairRun, ...] = ()
    training: dict[str, Json] = field(default_factory=dict)
    """What the training says of itself."""
    answers: tuple[Path, ...] = ()
    against_first: tuple[Compared, ...] = ()
    """By source, compared with the model before all rounds."""
    against_best: tuple[Compared, ...] = ()
    """By source, compared with the best round before."""


@dataclass(frozen=True, kw_only=True)
class Improved:
    """All rounds that were made, and the best of them."""

    rounds: tuple[Round, ...]
    best: Round
    ended: str
    """Why there is no further round: one sentence."""
    tested: tuple[Compared, ...] = ()
    """By source of `--test`, the best round compared with the model before all rounds; empty where that is the best."""


def improve_rounds(config: ImproveConfig) -> Improved:
    """Make the rounds. Raises a BurnishError for a source, model, adapter or folder that cannot be used.

    A killed call is resumed by a second one, whose adapters are the same to the byte.
    """
    _check(config)
    tests = [_run(one) for one in parts.test_configs(config, 0, config.adapter)]  # a wrong source fails before hours
    improved = _make_rounds(config, tests)
    return replace(improved, tested=_tested(config, tests, improved.best))


def _make_rounds(config: ImproveConfig, tests: Sequence[Path]) -> Improved:
    first = best = Round(number=0, adapter=config.adapter, answers=_answers(config, 0, config.adapter))
    _refuse_metric(config.stop_on, [*first.answers, *tests])
    rounds, sources = [first], [source for source, _ in config.benched]
    for number in range(1, config.rounds + 1):
        _report(f"round {number} of {config.rounds}")
        made = _pairs(config, number, rounds[-1].adapter)
        if not any(one.kept for one in made):
            return _ended(rounds, best, f"Round {number} made no pair of {sum(one.made for one in made):,} examples.")
        try:
            now = _round(config, number, rounds[-1], made)
        except NothingAnswered:
            return _ended(rounds, best, f"The model of round {number} answers nothing, so the rounds end here.")
        against_first, against_best = (
            _compared(config, before.answers, now.answers, sources) for before in (first, best)
        )
        now = replace(now, against_first=against_first, against_best=against_best)
        rounds.append(now)
        if config.stop_on != NEVER and verdict(now.against_best) == "worse":
            return _ended(rounds, best, f"Round {number} is worse than round {best.number}, so the rounds end here.")
        if gain(now.against_best) >= 0:
            best = now
    return _ended(rounds, best, "Every round is made.")


def _tested(config: ImproveConfig, before: Sequence[Path], best: Round) -> tuple[Compared, ...]:
    if best.number == 0:
        return ()
    after = [_run(one) for one in parts.test_configs(config, best.number, best.adapter)]
    return _compared(config, before, after, config.test)


def verdict(compared: Sequence[Compared]) -> Verdict:
    """Of one source its own; of several that of the mean, or where they have none in common what any of them says."""
    if len(compared) == 1:
        return compared[0].verdict
    found = together(compared)
    if found.overall:
        return found.overall.verdict
    verdicts = {row.verdict for row in found.rows}
    return next((one for one in ("worse", "better") if one in verdicts), "undecided")


def gain(compared: Sequence[Compared]) -> float:
    """The mean change of what decides, positive for the better; 0 where no side is better."""
    changes = [_signed(one) for one in compared]
    return sum(changes) / len(changes)


def _signed(compared: Compared) -> float:
    better = next(metric.better for metric in compared.metrics if metric.name == compared.headline.metric)
    sign = {"higher": 1, "lower": -1}.get(better, 0)
    return sign * (compared.headline.difference.value or 0.0)


def _check(config: ImproveConfig) -> None:
    """All flags of all verbs, before anything is made."""
    parts.answers_configs(config, 0, config.adapter)
    parts.test_configs(config, 0, config.adapter)
    parts.train_config(config, 1, config.adapter, [Path("pairs")])
    if "distort" in config.ways:
        parts.pairs_config(config, 1, config.adapter)
    if "sample" in config.ways:
        parts.samples_config(config, 1, config.adapter)
    if "dialogues" in config.ways:
        parts.simulate_config(config, 1, config.adapter)
        parts.dialogues_config(config, 1)


def _refuse_metric(stop_on: str, first: Sequence[Path]) -> None:
    """Raise ConfigError, before anything is trained, where the first answers are not scored by what is to decide."""
    if stop_on in ("", NEVER):
        return
    for path in first:
        side = read_side(str(path))
        known = dict.fromkeys(name for answer in side.answers.values() for name in answer.terms)
        known |= dict.fromkeys(total.metric.name for total in side.measures.totals)
        if stop_on not in known:
            raise ConfigError(
                f"--stop-on {stop_on} is not what {path} is scored by: choose one of {', '.join(known)}, or {NEVER}."
            )


def _round(config: ImproveConfig, number: int, last: Round, made: Sequence[PairRun]) -> Round:
    from burnish.train.session import train_dpo

    runs = [one.run for one in made if one.kept]
    trained = train_dpo(parts.train_config(config, number, last.adapter, runs))
    adapter = str(trained.checkpoint)
    return Round(
        number=number,
        adapter=adapter,
        pairs=tuple(made),
        training=trained.summary,
        answers=_answers(config, number, adapter),
    )


def _pairs(config: ImproveConfig, number: int, adapter: str | None) -> list[PairRun]:
    found = list[PairRun]()
    if "distort" in config.ways:
        found.append(PairRun(*make_pairs(parts.pairs_config(config, number, adapter))))
    if "sample" in config.ways:
        found.append(PairRun(*pairs_from_samples(parts.samples_config(config, number, adapter))))
    if "dialogues" in config.ways:
        simulate(parts.simulate_config(config, number, adapter))
        found.append(PairRun(*pairs_from_dialogues(parts.dialogues_config(config, number))))
    return found


def _answers(config: ImproveConfig, number: int, adapter: str | None) -> tuple[Path, ...]:
    return tuple(_run(one) for one in parts.answers_configs(config, number, adapter))


def _run(asked: AnswersConfig) -> Path:
    bench_answers(asked)
    return Path(asked.out)


def _compared(
    config: ImproveConfig, before: Sequence[Path], after: Sequence[Path], sources: Sequence[str]
) -> tuple[Compared, ...]:
    """By source, under its own name, so that several are never taken for seeds of one."""
    metric = config.stop_on if config.stop_on != NEVER else ""
    return tuple(
        replace(compare(CompareConfig(before=str(old), after=str(new), on=metric or None)), benchmark=source)
        for old, new, source in zip(before, after, sources, strict=True)
    )


def _ended(rounds: Sequence[Round], best: Round, why: str) -> Improved:
    return Improved(rounds=tuple(rounds), best=best, ended=why)


def _report(what: str) -> None:
    print(f"burnish: {what}", file=sys.stderr)
