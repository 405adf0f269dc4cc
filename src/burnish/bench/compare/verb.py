"""`burnish compare`: differences with intervals and tests, a verdict, and the questions that flipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from burnish.bench.compare.configs import CompareConfig
from burnish.bench.compare.reading import read_side
from burnish.bench.compare.refusing import refuse_unlike
from burnish.bench.compare.sides import Side
from burnish.bench.measures import Measures, Total
from burnish.bench.paired import PairedTerm, paired_scores, paired_terms, paired_total
from burnish.bench.scored import Cell, ScoredAnswer
from burnish.errors import RunError
from burnish.scores import Compared, ComparedSide, Flip, Metric, PairedScore
from burnish.uncertainty import mcnemar

Cells: TypeAlias = Mapping[Cell, Sequence[PairedTerm]]
ENDINGS = ("", ".jpg", ".png", ".jpeg")


def compare(config: CompareConfig) -> Compared:
    """The second result against the first. Raises a BurnishError for results that are no comparison."""
    before, after = read_side(config.before), read_side(config.after)
    refuse_unlike(before, after, config.may_differ)
    return compare_sides(before, after, config.images)


def compare_sides(before: Side, after: Side, images: str | None = None) -> Compared:
    """Two results that are a comparison; `images` is where pictures are that no run keeps."""
    unpaired = before.answers.keys() ^ after.answers.keys()
    if unpaired:
        shared = frozenset(before.answers.keys() & after.answers.keys())
        before, after = read_side(str(before.path), shared), read_side(str(after.path), shared)
    scores = _scores(before, after)
    headline = _headline(scores, after.measures)
    metrics = {**after.measures.metrics, **{total.metric.name: total.metric for total in after.measures.totals}}
    flips = _flips(before, after, images)
    won = sum(flip.outcome == "won" for flip in flips)
    whole = all(metrics[flip.metric].interval == "wilson" for flip in flips)
    used = {score.metric for score in scores}
    return Compared(
        benchmark=after.benchmark,
        title=after.title,
        questions=after.questions,
        before=_told(before),
        after=_told(after),
        n=len(after.answers),
        pictures=len({answer.picture for answer in after.answers.values()}),
        unpaired=len(unpaired),
        differs=_differs(before, after),
        verdict=headline.verdict,
        headline=headline,
        deciding=(headline, *_deciding(scores, after.measures, headline)),
        scores=scores,
        metrics=tuple(metric for name, metric in metrics.items() if name in used),
        won=won,
        lost=len(flips) - won,
        mcnemar=mcnemar(won, len(flips) - won) if whole else None,
        flips=flips,
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


def _headline(scores: Sequence[PairedScore], found: Measures) -> PairedScore:
    """The first total; else the first metric of those that decide, over all questions and clean pictures."""
    wanted = [total.metric.name for total in found.totals[:1]] or [*found.headline, *found.metrics]
    clean = [score for score in scores if not score.distortion]
    widest = sorted(clean or scores, key=lambda score: ("all", "group", "task").index(score.level))
    return next(score for name in wanted for score in widest if score.metric == name)


def _deciding(scores: Sequence[PairedScore], found: Measures, headline: PairedScore) -> list[PairedScore]:
    """What decides beside the headline, of another family each, over all questions and clean pictures."""
    overall = {score.metric: score for score in scores if score.level == "all" and not score.distortion}
    families = {name: metric.family for name, metric in found.metrics.items()}
    others = [name for name in found.headline if name in overall and families[name] != families.get(headline.metric)]
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


def _told(side: Side) -> ComparedSide:
    return ComparedSide(
        path=str(side.path),
        name=side.name,
        answers=len(side.answers),
        seed=side.seed,
        fingerprints=side.fingerprints,
        version=side.version,
    )


def _differs(before: Side, after: Side) -> tuple[str, ...]:
    """What else was not the same, by name."""
    old, new = (
        {**side.settings, **{f"{name} fingerprint": digest for name, digest in side.fingerprints.items()}}
        | {"seed": str(side.seed)}
        for side in (before, after)
    )
    return tuple(name for name in (old | new) if old.get(name) != new.get(name))
