"""Answers of several models side by side, over all questions and by task, as SeVa's tables 1 and 2 have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burnish.report.comparability import alike, unlike
from burnish.report.kinds.answers.tables import family_title
from burnish.report.naming import asked_name
from burnish.report.section import NamedRun, Section, scores_of
from burnish.report.side_by_side import MARGINS, RunNumbers, asked_note, drawn_note, versus_figures, versus_table
from burnish.report.tables import Table
from burnish.scores import AnswersResult, Metric, Score
from burnish.store.codec import to_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def answers_together(runs: Sequence[NamedRun]) -> list[Section]:
    """A section for those that were asked the same; one for all, where no two others were."""
    groups = [group for group in alike(runs) if len(group) > 1]
    if len(groups) < 2:
        return [_section(runs, trouble=unlike(runs))]
    asked = [asked_name(str(group[0].run.manifest.config.get("source", ""))) for group in groups]
    names = [
        name if name and asked.count(name) == 1 else group[0].name for name, group in zip(asked, groups, strict=True)
    ]
    return [_section(group, of=name) for group, name in zip(groups, names, strict=True)]


def _section(runs: Sequence[NamedRun], *, of: str = "", trouble: str = "") -> Section:
    """Each family of metrics over all questions, and its first metric by task; clean pictures only.

    `trouble` says why the runs are not comparable.
    """
    results = {name: scores_of(AnswersResult, run) for name, run in runs}
    known = {metric.name: metric for result in results.values() for metric in result.metrics}
    names = dict.fromkeys(metric.family for metric in known.values())
    families = [_Family([m for m in known.values() if m.family == name], results, trouble) for name in names]
    begin = f"{of.replace('/', '-')}-" if of else ""
    return Section(
        title=f"Answers side by side{f': {of}' if of else ''}",
        lead=" ".join(filter(None, (trouble, drawn_note([*results])))),
        tables=tuple(table for family in families for table in family.tables()),
        figures={f"{begin}{name}": figure for family in families for name, figure in family.figures().items()},
        numbers={name: to_json(result) for name, result in results.items()},
    )


@dataclass(frozen=True)
class _Family:
    """The metrics that stand in one table."""

    metrics: Sequence[Metric]
    results: Mapping[str, AnswersResult]
    unlike: str

    def tables(self) -> list[Table]:
        """Over all questions, then by task."""
        title = family_title(self.metrics[0].family)
        names = {metric.name for metric in self.metrics}
        rows = [
            RunNumbers(name, {s.metric: s.estimate for s in one.scores if s.level == "all" and not s.distortion})
            for name, one in self.results.items()
        ]
        note = f"{asked_note(rows, self.metrics[0].name)} {MARGINS}"
        comparable = () if self.unlike else names
        overall = versus_table(f"{title}, side by side", self.metrics, rows, comparable=comparable, note=note)
        tasks, by_task = self._by_task()
        if len(tasks) < 2:
            return [overall]
        comparable = () if self.unlike else {task.name for task in tasks}
        return [overall, versus_table(f"{self._first}, by task", tasks, by_task, comparable=comparable)]

    def figures(self) -> dict[str, Figure]:
        """The first metric by task."""
        tasks, rows = self._by_task()
        if len(tasks) < 2:
            return {}
        name = f"{self.metrics[0].family}-by-task"
        return versus_figures(name, tasks, rows, title=f"{self._first}, by task", axis=self.metrics[0].title)

    @property
    def _first(self) -> str:
        return f"{family_title(self.metrics[0].family)}: {self.metrics[0].title}"

    def _by_task(self) -> tuple[list[Metric], list[RunNumbers]]:
        """A column for each task."""
        rows = [
            RunNumbers(name, {s.group: s.estimate for s in one.scores if self._is_of_task(s)})
            for name, one in self.results.items()
        ]
        tasks = sorted({task for row in rows for task in row.numbers})
        return [replace(self.metrics[0], name=task, title=task) for task in tasks], rows

    def _is_of_task(self, score: Score) -> bool:
        return score.level == "task" and not score.distortion and score.metric == self.metrics[0].name
