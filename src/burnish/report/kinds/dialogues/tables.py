"""The counts of dialogues as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.report.dialogue_stats import NamedStats
from burnish.report.distribution import Distribution
from burnish.report.tables import NOTHING, Table, share_of

TITLES = {
    "first_score": "first score",
    "gain_per_turn": "improved score per turn",
    "gain_per_dialogue": "improved score per dialogue",
    "turns": "turns",
    "response_words": "words per response",
    "feedback_words": "words per feedback",
}
"""What the histograms are called in tables."""
_DISCRETE = {
    "first_score": "first score",
    "gain_per_turn": "gain a turn",
    "gain_per_dialogue": "gain a dialogue",
    "turns": "turns",
}
_NAME = 20
"""Characters of a run's name in a column."""


def dialogue_tables(shown: Sequence[NamedStats]) -> list[Table]:
    """Totals, drops by reason, means and medians, and the distributions of small numbers, value by value."""
    tables = [_totals(shown), _drops(shown), _means(shown), *map(_values, shown)]
    return [table for table in tables if table.rows]


def _totals(shown: Sequence[NamedStats]) -> Table:
    return Table(
        title="Dialogues",
        columns=("run", "dialogues", "left out", "feedback", "without a score", "share"),
        rows=tuple(
            (
                _short(name),
                f"{stats.dialogues:,}",
                f"{stats.dropped.total():,}",
                f"{stats.feedback:,}",
                f"{stats.unscored:,}",
                share_of(stats.unscored, stats.feedback),
            )
            for name, _, stats in shown
        ),
    )


def _drops(shown: Sequence[NamedStats]) -> Table:
    return Table(
        title="Left out",
        columns=("run", "reason", "dialogues"),
        rows=tuple(
            (_short(name), reason, f"{count:,}")
            for name, _, stats in shown
            for reason, count in stats.dropped.most_common()
        ),
        text_columns=frozenset({0, 1}),
    )


def _means(shown: Sequence[NamedStats]) -> Table:
    rows = [
        (TITLES[histogram] if i == 0 else "", _short(name), *_numbers(getattr(stats, histogram)))
        for histogram in TITLES
        for i, (name, _, stats) in enumerate(shown)
    ]
    return Table(
        title="Scores, turns and lengths",
        columns=("", "run", "n", "mean", "median", "99 %"),
        rows=tuple(rows),
        text_columns=frozenset({0, 1}),
    )


def _numbers(counted: Distribution) -> tuple[str, str, str, str]:
    mean, median, high = counted.mean, counted.median, counted.quantile(0.99)
    if mean is None or median is None or high is None:
        return "0", NOTHING, NOTHING, NOTHING
    return f"{counted.n:,}", f"{mean:.2f}", f"{median:g}", f"{high:g}"


def _values(named: NamedStats) -> Table:
    """How often each small number came up, in percent."""
    columns = [getattr(named.stats, histogram) for histogram in _DISCRETE]
    counts = [column.rounded() for column in columns]
    values = {value for counted in counts for value in counted}
    rows = [
        (str(value), *(_percent(counted[value], column.n) for counted, column in zip(counts, columns, strict=True)))
        for value in range(min(values), max(values) + 1)
    ]
    columns_shown = ("", *_DISCRETE.values())
    return Table(title=f"{_short(named.name)}, in %", columns=columns_shown, rows=tuple(rows), text_columns=frozenset())


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if part else NOTHING


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"…{name[1 - _NAME :]}"
