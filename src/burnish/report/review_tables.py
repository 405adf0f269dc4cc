"""Tables of what people said: FIRE's table A1, means by source and rater, shares of verdicts, and agreement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.report.standard_tables import short
from burnish.report.tables import NOTHING, PLUS_MINUS, Table
from burnish.scores import Estimate, ReviewLevel, ReviewMean, ReviewScores

_NAME = 24
_TITLES = {
    "scores": "Human ratings, 1 to 5 (FIRE's table A1)",
    "models": "Refined answers of two models compared by people",
    "chosen": "Is the chosen answer better? (SeVa's pairs, by people)",
}
_KINDS = {
    "scores": {"feedback": "feedback", "response": "response"},
    "models": {"first": "first %", "second": "second %", "tie": "tie %", "neither": "both bad %"},
    "chosen": {"first": "chosen %", "second": "rejected %", "tie": "tie %", "neither": "both bad %"},
}
"""Columns, by kind of mean."""
_NOTE = "± is to the farther end of the 95 % interval over cases; n counts ratings."


def review_tables(scores: ReviewScores) -> list[Table]:
    """One table per question and level, and one of agreement."""
    means: dict[tuple[str, ReviewLevel], list[ReviewMean]] = {}
    for mean in scores.means:
        means.setdefault((mean.ask, mean.level), []).append(mean)
    asks = dict.fromkeys(ask for ask, _ in means)
    tables = [table for ask in asks for table in _tables_of(ask, means)]
    return [*tables, _agreement(scores)]


def _tables_of(ask: str, means: dict[tuple[str, ReviewLevel], list[ReviewMean]]) -> Iterator[Table]:
    splits = means[ask, "split"]
    several = len({mean.group for mean in splits}) > 1
    yield _table(_TITLES[ask], ask, "split", [*splits, *(means[ask, "all"] if several else [])], _NOTE)
    yield _table("By source", ask, "source", means[ask, "source"])
    if len({mean.group for mean in means[ask, "rater"]}) > 1:
        yield _table("By rater", ask, "rater", means[ask, "rater"])


def _table(title: str, ask: str, level: str, means: Sequence[ReviewMean], note: str = "") -> Table:
    groups: dict[str, dict[str, Estimate]] = {}
    for mean in means:
        groups.setdefault(mean.group, {})[mean.kind] = mean.estimate
    kinds, scored = _KINDS[ask], ask == "scores"
    columns = [column for kind in kinds.values() for column in ((kind, "n") if scored else (kind,))]
    return Table(
        title=title,
        columns=(level, *columns, *(() if scored else ("n",))),
        rows=tuple(
            (short(name or "all", _NAME), *(_scored if scored else _shared)([found.get(kind) for kind in kinds]))
            for name, found in groups.items()
        ),
        note=note,
    )


def _scored(estimates: Sequence[Estimate | None]) -> list[str]:
    return [cell for found in estimates for cell in (_number(found, 1, 2), f"{found.n:,}" if found else "0")]


def _shared(estimates: Sequence[Estimate | None]) -> list[str]:
    n = max((found.n for found in estimates if found), default=0)
    return [*(_number(found, 100, 0) for found in estimates), f"{n:,}"]


def _number(estimate: Estimate | None, scale: int, digits: int) -> str:
    if estimate is None or estimate.value is None:
        return NOTHING
    value = f"{scale * estimate.value:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return value
    margin = max(estimate.value - estimate.low, estimate.high - estimate.value)
    return f"{value}{PLUS_MINUS}{scale * margin:.{digits}f}"


def _agreement(scores: ReviewScores) -> Table:
    return Table(
        title="Agreement between raters (Krippendorff's alpha)",
        columns=("question", "rated", "alpha", "items"),
        rows=tuple(
            (found.ask, found.kind, NOTHING if found.alpha is None else f"{found.alpha:.2f}", f"{found.items:,}")
            for found in scores.agreements
        ),
        text_columns=frozenset({0, 1}),
        note=(
            f"{scores.ratings:,} ratings of {scores.cases:,} cases by {scores.raters:,} raters. Items: rated by two or "
            f"more.\n{NOTHING} where there are none, or all ratings are the same."
        ),
    )
