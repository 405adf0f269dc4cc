"""`burnish compare`: differences with intervals and tests, a verdict, and the questions that flipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TypeAlias

from burnish.bench.compare.changed import changed_share, reworded
from burnish.bench.compare.compatibility import refuse_unlike
from burnish.bench.compare.configs import CompareConfig
from burnish.bench.compare.gate import gate
from burnish.bench.compare.inputs import Side
from burnish.bench.compare.judged_pair import WIN_RATE, read_verdicts, win_rate
from burnish.bench.compare.loaders import read_side
from burnish.bench.measures import Measures, Total
from burnish.bench.paired import PairedTerm, paired_scores, paired_terms, paired_total
from burnish.bench.sample_scores import Cell, ScoredAnswer
from burnish.bench.scorers.unlabelled import WORDS
from burnish.errors import ConfigError, RunError
from burnish.scores import Compared, ComparedSide, Flip, JudgedPair, Metric, PairedScore
from burnish.uncertainty import mcnemar

Cells: TypeAlias = Mapping[Cell, Sequence[PairedTerm]]
ENDINGS = ("", ".jpg", ".png", ".jpeg")


def compare(config: CompareConfig) -> Compared:
    """The second result against the first. Raises a BurnishError for results that are not comparable."""
    before, after = read_side(config.before), read_side(config.after)
    refuse_unlike(before, after, config.may_differ)
    judged = read_verdicts(config.judged, config.before, config.after) if config.judged else None
    compared = compare_sides(before, after, config.images, config.on, judged)
    return replace(compared, gate=gate(config.fail_if, compared)) if config.fail_if else compared


def compare_sides(
    before: Side, after: Side, images: str | None = None, on: str | None = None, judged: JudgedPair | None = None
) -> Compared:
    """Two results that are a comparison; `images` is where pictures are that no run keeps, `on` the metric that
    decides.
    """
    unpaired = before.answers.keys() ^ after.answers.keys()
    if unpaired:
        shared = frozenset(before.answers.keys() & after.answers.keys())
        before, after = read_side(str(before.path), shared), read_side(str(after.path), shared)
    scores = (*_scores(before, after), *([win_rate(judged)] if judged else ()))
    headline = _headline(scores, after.measures, on)
    metrics = {
        **after.measures.metrics,
        WIN_RATE.name: WIN_RATE,
        **{total.metric.name: total.metric for total in after.measures.totals},
    }
    flips = _flips(before, after, images)
    pairs = [(before.answers[key], answer) for key, answer in after.answers.items()]
    won = sum(flip.outcome == "won" for flip in flips)
    whole = all(metrics[flip.metric].interval == "wilson" for flip in flips)
    used = {score.metric for score in scores}
    return Compared(
        benchmark=after.benchmark,
        title=after.title,
        questions=after.questions,
        before=_compared_side(before),
        after=_compared_side(after),
        n=len(after.answers),
        pictures=len({answer.picture for answer in after.answers.values()}),
        unpaired=len(unpaired),
        differs=_differs(before, after),
        verdict=headline.verdict,
        headline=headline,
        deciding=(headline, *_deciding(scores, metrics, after.measures.headline, headline)),
        scores=scores,
        metrics=tuple(metric for name, metric in metrics.items() if name in used),
        won=won,
        lost=len(flips) - won,
        mcnemar=mcnemar(won, len(flips) - won) if whole else None,
        flips=flips,
        changed=changed_share(pairs),
        judged=judged,
        reworded=tuple(
            reworded(old, new, _picture(new, before, after, images))
            for old, new in pairs
            if WORDS.name in new.terms and old.text.split() != new.text.split()
        ),
    )


def _scores(before: Side, after: Side) -> tuple[PairedScore, ...]:
    """Totals, then all other numbers."""
    cells = paired_terms(before.answers, after.answers)
    if not cells:
        raise RunError(f"{before.path} and {after.path} have no answer to the same question.")
    totals = [paired_total(total.metric, _parts(total, cells)) for total in after.measures.totals]
    return (*totals, *paired_scores(cells, after.measures.metrics))


def _parts(total: Total, cells: Cells) -> list[tuple[float, Sequence[PairedTerm]]]:
    return [(weight, cells[Cell("task", group, "", metric)]) for weight, group, metric in total.parts]


def _headline(scores: Sequence[PairedScore], found: Measures, on: str | None) -> PairedScore:
    """The first total; else the first metric of those that decide, over all questions and clean pictures.

    Raises ConfigError where the metric `on` was not measured.
    """
    if on is not None:
        scores = [score for score in scores if score.metric == on] or _refuse_metric(on, scores)
    usual = [total.metric.name for total in found.totals[:1]] or [*found.headline, *found.metrics]
    unlabelled = usual.index(WORDS.name) if WORDS.name in usual else len(usual)
    wanted = [on] if on else [*usual[:unlabelled], WIN_RATE.name, *usual[unlabelled:]]  # a judge's word over none
    clean = [score for score in scores if not score.distortion]
    widest = sorted(clean or scores, key=lambda score: ("all", "group", "task").index(score.level))
    return next(score for name in wanted for score in widest if score.metric == name)


def _refuse_metric(on: str, scores: Sequence[PairedScore]) -> NoReturn:
    known = ", ".join(dict.fromkeys(score.metric for score in scores))
    raise ConfigError(f"--on {on} is not a number of both results: choose one of {known}.")


def _deciding(
    scores: Sequence[PairedScore], metrics: Mapping[str, Metric], usual: Sequence[str], headline: PairedScore
) -> list[PairedScore]:
    """What decides beside the headline, of another family each, over all questions and clean pictures."""
    overall = {score.metric: score for score in scores if score.level == "all" and not score.distortion}
    families = {name: metric.family for name, metric in metrics.items()}
    named = (*usual, WIN_RATE.name)
    others = [name for name in named if name in overall and families[name] != families[headline.metric]]
    return [overall[name] for name in others]


def _flips(before: Side, after: Side, images: str | None) -> tuple[Flip, ...]:
    """Every question that one answered better, the largest changes first."""
    pairs = [(before.answers[key], answer) for key, answer in after.answers.items()]
    flips = [flip for old, new in pairs if (flip := _flip(old, new, before, after, images))]
    return tuple(sorted(flips, key=lambda flip: -abs(flip.value_after - flip.value_before)))


def _flip(old: ScoredAnswer, new: ScoredAnswer, before: Side, after: Side, images: str | None) -> Flip | None:
    metric = _flips_in(old, new, after.measures)
    if metric is None:
        return None
    (a, total_a), (b, total_b) = old.terms[metric.name], new.terms[metric.name]
    value_before, value_after = a / total_a, b / total_b
    if value_before == value_after:
        return None
    better = (value_after > value_before) == (metric.better != "lower")
    return Flip(
        id=new.key.id,
        source=new.key.source,
        distortion=new.key.distortion,
        question=new.asked.question or old.asked.question,
        truth=new.asked.truth or old.asked.truth,
        before=old.text,
        after=new.text,
        metric=metric.name,
        value_before=value_before,
        value_after=value_after,
        outcome="won" if better else "lost",
        picture=_picture(new, before, after, images),
    )


def _flips_in(old: ScoredAnswer, new: ScoredAnswer, found: Measures) -> Metric | None:
    """The metric in which a question may flip; None where an answer has none of them."""
    for name in found.flips:
        if all(name in answer.terms and answer.terms[name].denominator for answer in (old, new)):
            return found.metrics[name]
    return None


def _picture(answer: ScoredAnswer, before: Side, after: Side, images: str | None) -> str:
    kept = after.picture_of(answer) or before.picture_of(answer)
    if kept is None and images is not None:
        named = (Path(images) / f"{answer.picture}{ending}" for ending in ENDINGS)
        kept = next((path for path in named if path.is_file()), None)
    return str(kept or "")


def _compared_side(side: Side) -> ComparedSide:
    return ComparedSide(
        path=str(side.path),
        name=side.name,
        answers=len(side.answers),
        seed=side.seed,
        fingerprints=side.fingerprints,
        version=side.version,
        judging=side.judging,
    )


def _differs(before: Side, after: Side) -> tuple[str, ...]:
    """What else was not the same, by name."""
    old, new = (
        {**side.settings, **{f"{name} fingerprint": digest for name, digest in side.fingerprints.items()}}
        | {"seed": str(side.seed)}
        for side in (before, after)
    )
    return tuple(name for name in (old | new) if old.get(name) != new.get(name))
