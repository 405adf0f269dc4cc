"""Several trainings over each other, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from burnish.report.kinds.training.log import FIRST, LOG, Log, finite, read_log, short_number
from burnish.report.kinds.training.plots import trainings_curves
from burnish.report.plots import shortened
from burnish.report.section import NamedRun, Section
from burnish.report.side_by_side import MOST_DRAWN, drawn_note
from burnish.report.tables import NOTHING, Table

_LAST = {
    **FIRST,
    "mean_token_accuracy": "token accuracy",
    "seconds": "seconds",
}
"""What is told of the last step, by the names of its log."""


def trainings_together(runs: Sequence[NamedRun]) -> list[Section]:
    """One section: the curves over each other, and where each one ends."""
    logs = {name: read_log(run.path / LOG) for name, run in runs}
    return [
        Section(
            title="Trainings side by side",
            lead=drawn_note([*logs]),
            tables=(_table(logs),),
            figures={"trainings": trainings_curves(dict([*logs.items()][:MOST_DRAWN]))},
        )
    ]


def _table(logs: Mapping[str, Log]) -> Table:
    keys = {key: title for key, title in _LAST.items() if any(finite(log, key) for log in logs.values())}
    return Table(
        title="Trainings side by side, the last step of each",
        columns=("", "steps", *keys.values(), "tokens per second"),
        rows=tuple(
            (shortened(name), f"{int(log[-1]['step']):,}", *(_last(log, key) for key in keys), _mean_rate(log))
            for name, log in logs.items()
        ),
        note="Losses of trainings on other data, or with another loss, are not comparable: nothing is in bold. "
        "Tokens per second are the mean over steps.",
    )


def _last(log: Log, key: str) -> str:
    values = finite(log, key)
    return short_number(values[-1]) if values else NOTHING


def _mean_rate(log: Log) -> str:
    rates = finite(log, "tokens_per_second")
    return f"{fmean(rates):,.0f}" if rates else NOTHING
