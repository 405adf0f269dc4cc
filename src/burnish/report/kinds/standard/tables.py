"""Tables of a standard benchmark that a model was asked."""

from __future__ import annotations

from burnish.report.benchmark_numbers import asked_scores
from burnish.report.standard_tables import notes, standard_tables
from burnish.report.tables import Table
from burnish.scores import StandardResult


def asked_tables(result: StandardResult) -> list[Table]:
    """What was asked, then the scores where there are any. Raises ValueError for scores of another version."""
    unanswered = sum(result.unanswered.values())
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in result.unanswered.items())
    left_out = ", ".join(f"{reason} {count:,}" for reason, count in result.left_out.items())
    unscored = "The truth is not in the files: the answers are for the benchmark's server, or for a judge."
    asked = Table(
        title=f"{result.benchmark}: what was asked",
        columns=("", "questions"),
        rows=(("answered", f"{result.questions - unanswered:,}"), ("without an answer", f"{unanswered:,}")),
        note=notes(
            f"Left out, because it is no part of the benchmark: {left_out}." if left_out else "",
            f"Without an answer, and scored as an empty one: {reasons}." if reasons else "",
            "" if result.scores else unscored,
        ),
    )
    scores = asked_scores(result)
    return [asked, *(standard_tables(scores, result.title or result.benchmark.upper()) if scores else ())]
