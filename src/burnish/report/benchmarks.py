"""Standard and judged benchmarks of several models side by side: FIRE's table 1, SeVa's tables 1, 2 and 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from burnish.contrast import named_with_contrast
from burnish.report.benchmark_numbers import Numbers, asked_scores, benchmark_numbers
from burnish.report.comparability import unlike
from burnish.report.section import NamedRun, Section, judged_scores, scores_of
from burnish.report.side_by_side import MARGINS, RunNumbers, asked_note, drawn_note, versus_figures, versus_table
from burnish.report.trust import trust
from burnish.scores import JUDGED_RESULTS, Estimate, Judging, Metric, StandardResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

JUDGED_TITLES = {
    "judged mmvet": "MM-Vet",
    "judged llava-bench": "LLaVA-W",
    "judged mmhal": "MMHal",
    "judged shr": "SHR",
    "judged grades": "Grades",
    "judged rubric": "Rubric",
    "judged consistency": "Consistency",
}
"""As the papers head their columns; the other benchmarks' runs have their own titles."""


class _ScoredRuns(NamedTuple):
    """A run of a benchmark, and what it found."""

    run: NamedRun
    benchmark: str
    title: str
    numbers: Numbers
    judging: Judging | None = None


def benchmarks_together(runs: Sequence[NamedRun]) -> list[Section]:
    """A section with a row for each model and a column for each benchmark, and one for each benchmark's own parts."""
    scored = [one for one in map(_scored, runs) if one.numbers.whole or one.numbers.parts]
    names = dict.fromkeys(one.benchmark for one in scored)
    benchmarks = [_BenchmarkTables(name, [one for one in scored if one.benchmark == name]) for name in names]
    asked = [benchmark for benchmark in benchmarks if benchmark.name not in JUDGED_RESULTS]
    overview = [_overview(asked)] if len(asked) > 1 else []
    return [*overview, *(benchmark.section() for benchmark in benchmarks if len(benchmark.scored) > 1)]


def _scored(named: NamedRun) -> _ScoredRuns:
    kind = named.run.manifest.kind
    if kind in JUDGED_RESULTS:
        judged = judged_scores(named.run)
        return _ScoredRuns(named, kind, JUDGED_TITLES.get(kind, kind), benchmark_numbers(judged), judged.judging)
    result = scores_of(StandardResult, named.run)
    return _ScoredRuns(
        named, result.benchmark, result.title or result.benchmark.upper(), benchmark_numbers(asked_scores(result))
    )


@dataclass(frozen=True)
class _BenchmarkTables:
    """The runs of one benchmark."""

    name: str
    scored: Sequence[_ScoredRuns]

    @property
    def title(self) -> str:
        """As a person reads it."""
        return self.scored[0].title

    @cached_property
    def unlike(self) -> str:
        """Why these are not comparable; empty where they are one."""
        return unlike([one.run for one in self.scored])

    def section(self) -> Section:
        """The whole and its parts, a row for each run."""
        trouble = self.unlike
        rows = [
            RunNumbers(one.run.name, {metric.name: number for part in one.numbers for metric, number in part})
            for one in self.scored
        ]
        columns = [*{m.name: m for one in self.scored for part in one.numbers for m, _ in part}.values()]
        names = {metric.name for metric in columns}
        known = dict.fromkeys(doubt for one in self.scored if one.judging for doubt in trust(one.judging))
        note = "\n".join([f"{asked_note(rows, columns[0].name)} {MARGINS}", *known])
        return Section(
            title=f"{self.title} side by side",
            lead=" ".join(filter(None, (trouble, drawn_note([row.name for row in rows])))),
            tables=(
                versus_table(
                    f"{self.title}, side by side", columns, rows, comparable=() if trouble else names, note=note
                ),
            ),
            figures=self._figures(rows),
        )

    def _figures(self, rows: Sequence[RunNumbers]) -> dict[str, Figure]:
        """The parts, or the whole where there are none."""
        parts = {m.name: m for one in self.scored for m, _ in one.numbers.parts or one.numbers.whole}
        title = f"{self.title}, by part" if len(parts) > 1 else self.title
        name = self.name.replace(" ", "-")
        return versus_figures(name, [*parts.values()], rows, title=title, axis=self.title)


def _overview(benchmarks: Sequence[_BenchmarkTables]) -> Section:
    """FIRE's table 1: a row for each model; the last run of a model on a benchmark counts."""
    numbers: dict[str, dict[str, Estimate]] = {}
    columns: dict[str, Metric] = {}
    comparable = set[str]()
    for benchmark in benchmarks:
        alike = not benchmark.unlike
        for one in benchmark.scored:
            for metric, number in one.numbers.whole:
                name = f"{benchmark.name} {metric.name}"
                several = len(one.numbers.whole) > 1
                title = f"{benchmark.title} {metric.title}" if several else benchmark.title
                columns[name] = replace(metric, name=name, title=title)
                numbers.setdefault(_model(one.run), {})[name] = number
                comparable |= {name} if alike else set()
    rows = [RunNumbers(model, of) for model, of in numbers.items()]
    shares = [metric for metric in columns.values() if metric.unit == "%"]
    return Section(
        title="Benchmarks",
        lead=drawn_note([*numbers]),
        tables=(
            versus_table("Benchmarks (FIRE's table 1)", [*columns.values()], rows, comparable=comparable, note=MARGINS),
        ),
        figures=versus_figures("benchmarks", shares, rows, title="Benchmarks", axis="score") if shares else {},
    )


def _model(named: NamedRun) -> str:
    """The model and its adapter, as the run's flags named them."""
    config = named.run.manifest.config
    name = " + ".join(str(config[part]) for part in ("model", "adapter") if config.get(part))
    return named_with_contrast(name, config)
