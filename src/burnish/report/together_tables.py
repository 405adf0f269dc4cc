"""Several benchmarks and seeds in one verdict, and what a result's questions can detect, as tables."""

from __future__ import annotations

from burnish.report.standard_tables import notes, share, short
from burnish.report.tables import Table, p_value
from burnish.report.trust import trust_of_rows
from burnish.report.verdicts import plain
from burnish.scores import Metric, Overall, Power, Together, TogetherRow

_IS = {"better": "is better", "worse": "is worse", "undecided": "may be as good"}


def together_tables(found: Together) -> list[Table]:
    """A row for each benchmark; below them the mean."""
    seeds = any(row.pairs > 1 for row in found.rows)
    return [
        Table(
            title="Together",
            columns=("benchmark", "n", "before", "after", "change", "p", "p (Holm)", "detectable", "verdict"),
            rows=tuple(_row(row) for row in found.rows),
            text_columns=frozenset({0, 8}),
            note=notes(
                overall_line(found.overall) if found.overall else "",
                f"Means over seeds: {', '.join(f'{row.benchmark} {row.pairs}' for row in found.rows)}. The questions' "
                "error does not shrink with seeds."
                if seeds
                else "",
                "± is the 95 % interval of the change. A verdict needs p corrected by Holm for the number of rows.",
                "Detectable: the smallest change that these answers detect with a power of 80 %.",
                *trust_of_rows(found.rows),
            ),
        )
    ]


def overall_line(overall: Overall) -> str:
    """The mean over benchmarks in a sentence."""
    low, high = 100 * overall.low, 100 * overall.high
    left_out = f" Left out: {overall.left_out} in points, or where neither side is better." if overall.left_out else ""
    return (
        f"Over {overall.benchmarks} benchmarks the second {_IS[overall.verdict]}: mean change "
        f"{100 * overall.change:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}, p {p_value(overall.p_value)}; "
        f"random effects, I² {100 * overall.share:.0f} %).{left_out}"
    )


def _row(row: TogetherRow) -> tuple[str, ...]:
    name = f"{row.benchmark} {row.metric.title}"
    margin = plain(max(row.change - row.low, row.high - row.change), row.metric, sign="")
    return (
        short(name, 24),
        f"{row.n:,}",
        _number(row.before, row.metric),
        _number(row.after, row.metric),
        f"{plain(row.change, row.metric)} ± {margin}",
        p_value(row.p_value),
        p_value(row.corrected),
        plain(row.smallest, row.metric, sign=""),
        row.verdict,
    )


def _number(value: float, metric: Metric) -> str:
    return f"{100 * value:.1f}" if metric.unit == "%" else f"{value:.2f}"


def power_tables(found: Power) -> list[Table]:
    """A row for each share of answers that change."""
    who = "they" if found.value is None else "its questions"
    return [
        Table(
            title=f"{found.benchmark}: the smallest change that {who} can detect",
            columns=("answers that change %", "detectable change, points"),
            rows=tuple((f"{100 * float(of):g}", f"{100 * least:.1f}") for of, least in found.smallest.items()),
            note=notes(
                f"{found.n:,} answers about {found.pictures:,} pictures, worth {found.effective:,.0f} independent "
                f"ones{_own(found)}.",
                "Detectable: significant at 5 % in McNemar's test, with a power of 80 %.",
            ),
        )
    ]


def _own(found: Power) -> str:
    return "" if found.value is None else f"; {found.metric.title} {share(found.value, None)} %"
