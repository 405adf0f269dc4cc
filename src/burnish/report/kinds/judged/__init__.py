"""A run of judgements: the scores that `burnish bench judged NAME` left in it."""

from __future__ import annotations

from burnish.report.benchmarks import benchmarks_together
from burnish.report.kinds.judged.plots import judged_plots
from burnish.report.kinds.judged.tables import judged_tables
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, judged_scores, scored_section
from burnish.report.tiles import benchmark_tiles
from burnish.store import Run


def _section(run: Run) -> Section:
    result = judged_scores(run)
    return scored_section("Judged", judged_tables(result), result, benchmark_tiles(result), judged_plots(result))


KIND = RunKind(section=_section, together=(benchmarks_together,))
