"""A run of a standard benchmark: the scores that `burnish bench standard NAME` left in it."""

from __future__ import annotations

from burnish.report.benchmark_numbers import asked_scores
from burnish.report.benchmarks import benchmarks_together
from burnish.report.kinds.kind import RunKind
from burnish.report.kinds.standard.tables import asked_tables
from burnish.report.section import Section, scored_section, scores_of
from burnish.report.tiles import benchmark_tiles
from burnish.scores import StandardResult
from burnish.store import Run


def _section(run: Run) -> Section:
    result = scores_of(StandardResult, run)
    return scored_section("Benchmark", asked_tables(result), result, benchmark_tiles(asked_scores(result)))


KIND = RunKind(section=_section, together=(benchmarks_together,))
