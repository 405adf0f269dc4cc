"""Answers at several temperatures, as a table and as plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from burnish.report.kinds.sampled.summary import AtTemperature, SampledSummary
from burnish.report.plots import Series, dot_plot
from burnish.report.tables import Table, number
from burnish.scores import Estimate, Metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LENGTH = Metric(name="length", title="", family="length", unit="tokens", interval="bootstrap", better="neither")
_SHARE = Metric(name="same", title="", family="same", unit="%", interval="wilson", better="neither")


def sampled_tables(summary: SampledSummary) -> list[Table]:
    """A row for each temperature."""
    dropped = ", ".join(f"{reason} {count:,}" for reason, count in summary.dropped.most_common())
    return [
        Table(
            title="Answers by temperature",
            columns=("temperature", "answers", "tokens", "words", "same as at 0, %"),
            rows=tuple(
                (
                    f"{row.temperature:g}",
                    f"{row.answers:,}",
                    *(number(length, _LENGTH) for length in (row.tokens, row.words)),
                    number(row.same, _SHARE),
                )
                for row in summary.rows
            ),
            note="Means; ± is to the farther end of the 95 % interval over pictures. Same as at 0: exactly the greedy "
            f"answer.{f' Dropped: {dropped}.' if dropped else ''}",
        )
    ]


def sampled_plots(summary: SampledSummary) -> dict[str, Figure]:
    """Lengths, and how many answers stay as they are without sampling, where that is known."""
    rows = summary.rows
    in_tokens = all(row.tokens.value is not None for row in rows)
    unit = "tokens" if in_tokens else "words"
    lengths = _plot(rows, [row.tokens if in_tokens else row.words for row in rows], "Length of answers", unit, unit)
    drawn = [row for row in rows if row.same.value is not None]
    if not drawn:
        return {"lengths": lengths}
    same = _plot(drawn, [row.same for row in drawn], "Sampled answers equal to the greedy one", "answers, %", "%")
    return {"lengths": lengths, "same": same}


def _plot(rows: Sequence[AtTemperature], values: list[Estimate], title: str, axis: str, unit: str) -> Figure:
    return dot_plot(
        [f"t = {row.temperature:g}" for row in rows],
        [Series("", values)],
        title=title,
        subtitle="by temperature; lines are 95 % intervals over pictures",
        axis=axis,
        unit=unit,
    )
